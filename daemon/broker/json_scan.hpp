// Reads JSON as it comes, in pieces of any size, and keeps only what stands at a few places: all else is passed over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/broker/json_places.hpp"

namespace eph {

// What stands at a place; of several the last, and how many there were.
struct JsonValue {
    enum class Kind { none, string, number, word, container };  // word: true, false, null
    Kind kind = Kind::none;
    std::string text;  // a string without quotes and escapes, a number or word as written; of a container nothing
    bool cut = false;  // the string or number was longer than is kept
    int times = 0;
};

// Memory is bounded by the places, not by the document. Strict about structure, so that no reader sees another
// document behind the same bytes; not about what it passes over within strings and numbers.
class JsonScan {
public:
    using Names = JsonPlaces::Names;

    explicit JsonScan(std::shared_ptr<const JsonPlaces> places);
    explicit JsonScan(const std::vector<std::string>& places, Names names = Names::exact);

    void push(std::string_view bytes);
    void restart();  // for the next document; forgets what was found

    bool complete() const;                                   // one whole document has come, and nothing else
    bool broken() const { return state_ == State::broken; }  // it is no JSON, or nested deeper than anything sensible
    const JsonValue& at(std::size_t place) const;            // in the order of the constructor's
    using Found = std::vector<std::pair<int, JsonValue>>;    // by place
    const Found& found() const { return found_; }

private:
    enum class State { value, element, first_name, name, colon, next, string, word, done, broken };
    struct Level {
        bool object;
        int node;  // -1: nothing below is wanted
    };

    const char* in_string(const char* at, const char* end);
    const char* in_long_string(const char* at, const char* end);
    const char* in_word(const char* at, const char* end);
    void structure(char c);
    void open(char c);
    void close(bool object);
    void after_value();
    void begin_string(bool is_name);
    void end_string(std::string_view rest);
    void end_word();
    void keep(std::string_view part);
    void met(JsonValue::Kind kind);
    void keep_value(std::string_view text);
    JsonValue* find(int place);

    std::shared_ptr<const JsonPlaces> places_;
    Found found_;  // few of them, of many that are looked for
    std::vector<Level> levels_;
    State state_ = State::value;
    int node_ = 0;      // of the value that comes next, or is being read
    std::string text_;  // of the string or word that is being read, if it is wanted
    bool keeping_ = false;
    bool is_name_ = false;
    bool cut_ = false;
    bool escaped_ = false;  // an odd number of backslashes ended the piece before
};

}  // namespace eph

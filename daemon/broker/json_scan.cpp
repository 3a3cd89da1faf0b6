// A long string is passed over by looking for its closing quote alone, as fast as memchr(3) goes; the rest is read
// letter by letter by a small machine (RFC 8259).
#include "daemon/broker/json_scan.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "daemon/broker/json_text.hpp"

namespace eph {
namespace {

constexpr std::size_t deepest = 512;
constexpr std::size_t longest_text = 2048;
constexpr std::ptrdiff_t short_string = 24;  // as most are: its end is looked for letter by letter
constexpr std::size_t longest_word = 64;     // for any number that is one

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

constexpr auto letters_of_words = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"0123456789abcdefghijklmnopqrstuvwxyz+-.E"})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_of_word(char c) { return letters_of_words[static_cast<unsigned char>(c)]; }

}  // namespace

JsonScan::JsonScan(std::shared_ptr<const JsonPlaces> places) : places_(std::move(places)) {
    constexpr std::size_t usual = 8;
    found_.reserve(usual);
    levels_.reserve(usual);
}

JsonScan::JsonScan(const std::vector<std::string>& places, Names names)
    : JsonScan(std::make_shared<const JsonPlaces>(places, names)) {}

void JsonScan::restart() {
    found_.clear();
    levels_.clear();
    state_ = State::value;
    node_ = 0;
}

JsonValue* JsonScan::find(int place) {
    for (auto& [known, value] : found_)
        if (known == place) return &value;
    return nullptr;
}

const JsonValue& JsonScan::at(std::size_t place) const {
    static const JsonValue none;
    for (const auto& [known, value] : found_)
        if (known == static_cast<int>(place)) return value;
    return none;
}

bool JsonScan::complete() const { return state_ == State::done; }

void JsonScan::push(std::string_view bytes) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end && state_ != State::broken) {
        if (state_ == State::string) {
            at = in_string(at, end);
        } else if (state_ == State::word) {
            at = in_word(at, end);
        } else {
            structure(*at++);
        }
    }
}

void JsonScan::structure(char c) {
    if (is_blank(c)) return;
    switch (state_) {
        case State::element:
            if (c == ']') return close(false);
            return open(c);
        case State::value:
            return open(c);
        case State::first_name:
            if (c == '}') return close(true);
            [[fallthrough]];
        case State::name:
            if (c != '"') break;
            return begin_string(true);
        case State::colon:
            if (c != ':') break;
            state_ = State::value;
            return;
        case State::next:
            if (c == '}' || c == ']') return close(c == '}');
            if (c != ',') break;
            state_ = levels_.back().object ? State::name : State::value;
            if (!levels_.back().object) node_ = places_->elements(levels_.back().node);
            return;
        case State::done:
        case State::string:
        case State::word:
        case State::broken:
            break;
    }
    state_ = State::broken;
}

// The first letter of a value.
void JsonScan::open(char c) {
    using Kind = JsonValue::Kind;
    keeping_ = false;
    if (c == '{' || c == '[') {
        met(Kind::container);
        if (levels_.size() == deepest) {
            state_ = State::broken;
            return;
        }
        levels_.push_back({c == '{', node_});
        state_ = c == '{' ? State::first_name : State::element;
        if (c == '[') node_ = places_->elements(node_);
    } else if (c == '"') {
        met(Kind::string);
        begin_string(false);
    } else if (c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n') {
        const bool number = c == '-' || (c >= '0' && c <= '9');
        met(number ? Kind::number : Kind::word);
        keeping_ = keeping_ || !number;  // a word is looked at in any case
        text_.assign(1, c);
        cut_ = false;
        state_ = State::word;
    } else {
        state_ = State::broken;
    }
}

// A value begins at the place of node_, if that is one.
void JsonScan::met(JsonValue::Kind kind) {
    const int place = places_->place(node_);
    if (place < 0) return;
    JsonValue* value = find(place);
    if (value == nullptr) value = &found_.emplace_back(place, JsonValue{}).second;
    ++value->times;
    value->kind = kind;
    value->text.clear();
    value->cut = false;
    keeping_ = true;
}

void JsonScan::close(bool object) {
    if (levels_.empty() || levels_.back().object != object) {
        state_ = State::broken;
        return;
    }
    levels_.pop_back();
    after_value();
}

void JsonScan::after_value() { state_ = levels_.empty() ? State::done : State::next; }

void JsonScan::begin_string(bool is_name) {
    is_name_ = is_name;
    if (is_name) keeping_ = places_->has_members(levels_.back().node);
    text_.clear();
    cut_ = false;
    escaped_ = false;
    state_ = State::string;
}

const char* JsonScan::in_string(const char* at, const char* end) {
    const char* const near = end - at > short_string ? at + short_string : end;
    const char* const stop = std::find_if(at, near, [](char c) { return c == '"' || c == '\\'; });
    if (stop != near && *stop == '"' && !escaped_) {
        end_string({at, static_cast<std::size_t>(stop - at)});
        return stop + 1;
    }
    return in_long_string(at, end);
}

const char* JsonScan::in_long_string(const char* at, const char* end) {
    for (const char* const from = at;;) {
        const auto* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
        const char* const stop = quote != nullptr ? quote : end;
        const char* slash = stop;
        while (slash != from && slash[-1] == '\\') --slash;
        const bool escaped = ((stop - slash) % 2 == 1) != (slash == from && escaped_);
        if (quote == nullptr) {
            escaped_ = escaped;
            if (keeping_) keep({from, static_cast<std::size_t>(end - from)});
            return end;
        }
        if (!escaped) {
            end_string({from, static_cast<std::size_t>(quote - from)});
            return quote + 1;
        }
        at = quote + 1;
    }
}

void JsonScan::keep(std::string_view part) {
    const std::size_t room = longest_text - text_.size();
    cut_ = cut_ || part.size() > room;
    text_.append(part.substr(0, room));
}

// `rest`: all of it, but where it came in several pieces.
void JsonScan::end_string(std::string_view rest) {
    std::string_view text;
    if (keeping_) {
        const bool all = text_.empty() && !cut_ && rest.size() <= longest_text;
        if (!all) keep(rest);
        text = all ? rest : cut_ ? std::string_view{} : std::string_view{text_};
        if (text.find('\\') != text.npos) {
            auto plain = unescaped_json(text);
            if (!plain) {
                state_ = State::broken;
                return;
            }
            text_ = std::move(*plain);
            text = text_;
        }
    }
    if (is_name_) {
        node_ = keeping_ && !cut_ ? places_->member(levels_.back().node, text) : JsonPlaces::nothing;
        state_ = State::colon;
    } else {
        if (keeping_) keep_value(text);
        after_value();
    }
}

// At the place of node_, which has met() it.
void JsonScan::keep_value(std::string_view text) {
    JsonValue* const value = find(places_->place(node_));
    if (value == nullptr) return;
    value->text = text;
    value->cut = cut_;
}

const char* JsonScan::in_word(const char* at, const char* end) {
    const char* const stop = std::find_if_not(at, end, is_of_word);
    if (keeping_) {
        const std::size_t room = longest_word - text_.size();
        const auto size = static_cast<std::size_t>(stop - at);
        cut_ = cut_ || size > room;
        text_.append(at, std::min(size, room));
    }
    if (stop != end) end_word();
    return stop;
}

void JsonScan::end_word() {
    const char first = text_.front();
    const bool number = first == '-' || (first >= '0' && first <= '9');
    if (!number && text_ != "true" && text_ != "false" && text_ != "null") {
        state_ = State::broken;
        return;
    }
    if (keeping_) keep_value(text_);
    after_value();
}

}  // namespace eph

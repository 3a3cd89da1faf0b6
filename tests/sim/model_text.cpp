// The simulated model: finds what the user said, and says it back, in pieces and with counted tokens.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models.hpp"

namespace eph::sim {
namespace {

constexpr std::size_t kRepeated = 200;     // characters of the user's text that the reply repeats
constexpr std::size_t kInstructions = 10;  // tokens that every prompt costs before the user's first word
constexpr std::size_t kCached = 4;         // of those
constexpr std::size_t kBytesPerToken = 4;

// The last part with text in it: agents put their own reminders before what the person typed.
std::string text_of(const Json& content) {
    if (content.is_string()) return content.get<std::string>();
    std::string text;
    if (content.is_array())
        for (const Json& part : content)
            if (part.is_object() && part.contains("text") && part["text"].is_string())
                text = part["text"].get<std::string>();
    return text;
}

// Whole code points only: half of one would not be JSON.
std::string first_characters(const std::string& text, std::size_t count) {
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
        const bool starts_character = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
        if (starts_character && count-- == 0) break;
    }
    return text.substr(0, end);
}

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> pieces;
    for (std::size_t start = 0; start < text.size();) {
        auto end = text.find(' ', start);
        end = end == std::string::npos ? text.size() : end + 1;
        pieces.push_back(text.substr(start, end - start));
        start = end;
    }
    return pieces;
}

}  // namespace

std::string last_user_text(const Json& messages, const char* content) {
    if (messages.is_string()) return messages.get<std::string>();
    if (!messages.is_array()) return {};
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
        if (!message->is_object() || !message->contains(content)) continue;
        const auto role = message->find("role");
        if (role != message->end() && *role != "user") continue;
        if (std::string text = text_of((*message)[content]); !text.empty()) return text;
    }
    return {};
}

Turn take_turn(Sim& sim, const Json& body, const std::string& user_text) {
    Turn turn;
    turn.id = sim.world.random_letters(24);
    if (const auto model = body.find("model"); model != body.end() && model->is_string())
        turn.model = model->get<std::string>();
    turn.reply = "sim: " + sim.options.reply.value_or("You said: " + first_characters(user_text, kRepeated));
    turn.pieces = words(turn.reply);
    turn.tokens = {kInstructions + user_text.size() / kBytesPerToken, kCached, turn.pieces.size()};
    turn.at = sim.world.now();
    const auto stream = body.find("stream");
    turn.stream = stream != body.end() && stream->is_boolean() && stream->get<bool>();
    return turn;
}

std::string event(std::string_view name, const Json& data) {
    if (name.empty()) return fmt::format("data: {}\n\n", to_text(data));
    return fmt::format("event: {}\ndata: {}\n\n", name, to_text(data));
}

Answer stream_of(std::vector<std::string> events) {
    Answer answer;
    answer.content_type = "text/event-stream; charset=utf-8";
    answer.headers.emplace_back("Cache-Control", "no-cache");
    answer.events = std::move(events);
    return answer;
}

}  // namespace eph::sim

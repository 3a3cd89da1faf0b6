// Anthropic's Messages API, as Pi and Claude Code use it.
#include <nlohmann/json.hpp>

#include "models.hpp"

namespace eph::sim {
namespace {

// Anthropic counts the cached tokens beside the input, not in it.
Json usage(const Tokens& tokens, std::size_t output) {
    return {{"input_tokens", tokens.input - tokens.cached},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", tokens.cached},
            {"output_tokens", output}};
}

Json message(const Turn& turn, const Json& content, const Json& stop_reason, const Json& used) {
    return {{"id", "msg_" + turn.id}, {"type", "message"},          {"role", "assistant"},      {"model", turn.model},
            {"content", content},     {"stop_reason", stop_reason}, {"stop_sequence", nullptr}, {"usage", used}};
}

Json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

// Every event carries its own type.
std::string typed(const char* type, Json data) {
    data["type"] = type;
    return event(type, data);
}

Answer streamed(const Turn& turn) {
    const Json start = message(turn, Json::array(), nullptr, usage(turn.tokens, 1));
    std::vector<std::string> events;
    events.push_back(typed("message_start", {{"message", start}}));
    events.push_back(typed("content_block_start", {{"index", 0}, {"content_block", text_block("")}}));
    events.push_back(typed("ping", Json::object()));
    for (const std::string& piece : turn.pieces) {
        const Json delta = {{"type", "text_delta"}, {"text", piece}};
        events.push_back(typed("content_block_delta", {{"index", 0}, {"delta", delta}}));
    }
    events.push_back(typed("content_block_stop", {{"index", 0}}));
    events.push_back(typed("message_delta", {{"delta", {{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}}},
                                             {"usage", usage(turn.tokens, turn.tokens.output)}}));
    events.push_back(typed("message_stop", Json::object()));
    return stream_of(std::move(events));
}

}  // namespace

Answer anthropic_error(unsigned status, std::string_view type, std::string_view message) {
    return json_answer(status, {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}});
}

Answer messages(Sim& sim, const Call& call, const Params&) {
    const auto body = object_in(call);
    if (!body) return anthropic_error(400, "invalid_request_error", "The request body is not valid JSON.");
    const Turn turn = take_turn(sim, *body, last_user_text(body->value("messages", Json()), "content"));
    if (turn.stream) return streamed(turn);
    return json_answer(
        200, message(turn, Json::array({text_block(turn.reply)}), "end_turn", usage(turn.tokens, turn.tokens.output)));
}

Answer count_message_tokens(Sim& sim, const Call& call, const Params&) {
    const auto body = object_in(call);
    if (!body) return anthropic_error(400, "invalid_request_error", "The request body is not valid JSON.");
    const Turn turn = take_turn(sim, *body, last_user_text(body->value("messages", Json()), "content"));
    return json_answer(200, {{"input_tokens", turn.tokens.input}});
}

}  // namespace eph::sim

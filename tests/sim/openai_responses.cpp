// OpenAI's Responses API, as Pi and Codex use it.
#include <nlohmann/json.hpp>

#include "models.hpp"

namespace eph::sim {
namespace {

Json text_part(const std::string& text) {
    return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}, {"logprobs", Json::array()}};
}

Json message(const Turn& turn, const char* status, const Json& content) {
    return {
        {"id", "msg_" + turn.id}, {"type", "message"}, {"status", status}, {"role", "assistant"}, {"content", content}};
}

Json usage(const Tokens& tokens) {
    return {{"input_tokens", tokens.input},
            {"input_tokens_details", {{"cached_tokens", tokens.cached}}},
            {"output_tokens", tokens.output},
            {"output_tokens_details", {{"reasoning_tokens", 0}}},
            {"total_tokens", tokens.input + tokens.output}};
}

Json response(const Turn& turn, const char* status, const Json& output, const Json& used) {
    return {{"id", "resp_" + turn.id},
            {"object", "response"},
            {"created_at", seconds(turn.at)},
            {"status", status},
            {"error", nullptr},
            {"incomplete_details", nullptr},
            {"instructions", nullptr},
            {"max_output_tokens", nullptr},
            {"metadata", Json::object()},
            {"model", turn.model},
            {"output", output},
            {"parallel_tool_calls", true},
            {"previous_response_id", nullptr},
            {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
            {"service_tier", "default"},
            {"store", false},
            {"temperature", 1.0},
            {"text", {{"format", {{"type", "text"}}}}},
            {"tool_choice", "auto"},
            {"tools", Json::array()},
            {"top_p", 1.0},
            {"truncation", "disabled"},
            {"usage", used},
            {"user", nullptr}};
}

// Every event carries its own type and its place in the sequence.
class Events {
public:
    void add(const char* type, Json data) {
        data["type"] = type;
        data["sequence_number"] = events_.size();
        events_.push_back(event(type, data));
    }
    std::vector<std::string> take() { return std::move(events_); }

private:
    std::vector<std::string> events_;
};

Answer streamed(const Turn& turn) {
    const Json empty = Json::array();
    const Json done = message(turn, "completed", Json::array({text_part(turn.reply)}));
    const Json place = {{"item_id", "msg_" + turn.id}, {"output_index", 0}, {"content_index", 0}};
    const auto at = [&](const char* field, const Json& value) {
        Json data = place;
        data[field] = value;
        return data;
    };
    Events events;
    events.add("response.created", {{"response", response(turn, "in_progress", empty, nullptr)}});
    events.add("response.in_progress", {{"response", response(turn, "in_progress", empty, nullptr)}});
    events.add("response.output_item.added", {{"output_index", 0}, {"item", message(turn, "in_progress", empty)}});
    events.add("response.content_part.added", at("part", text_part("")));
    for (const std::string& piece : turn.pieces) events.add("response.output_text.delta", at("delta", piece));
    events.add("response.output_text.done", at("text", turn.reply));
    events.add("response.content_part.done", at("part", text_part(turn.reply)));
    events.add("response.output_item.done", {{"output_index", 0}, {"item", done}});
    events.add("response.completed",
               {{"response", response(turn, "completed", Json::array({done}), usage(turn.tokens))}});
    return stream_of(events.take());
}

}  // namespace

Answer responses(Sim& sim, const Call& call, const Params&) {
    const auto body = object_in(call);
    if (!body) return bad_json();
    const Turn turn = take_turn(sim, *body, last_user_text(body->value("input", Json()), "content"));
    if (turn.stream) return streamed(turn);
    const Json done = message(turn, "completed", Json::array({text_part(turn.reply)}));
    return json_answer(200, response(turn, "completed", Json::array({done}), usage(turn.tokens)));
}

// Codex tries a WebSocket first; 426 sends it to SSE at once, where a 404 costs it seven tries.
Answer responses_websocket(Sim&, const Call& call, const Params&) {
    if (!call.wants_upgrade) return method_not_allowed(call, "POST");
    Answer answer = openai_error(426, "WebSocket connections are not supported here.", {}, "upgrade_required");
    answer.headers.emplace_back("Upgrade", "HTTP/1.1");
    return answer;
}

}  // namespace eph::sim

// OpenAI's Chat Completions API, which most compatible providers speak.
#include <nlohmann/json.hpp>

#include "models.hpp"

namespace eph::sim {
namespace {

Json usage(const Tokens& tokens) {
    return {{"prompt_tokens", tokens.input},
            {"completion_tokens", tokens.output},
            {"total_tokens", tokens.input + tokens.output},
            {"prompt_tokens_details", {{"cached_tokens", tokens.cached}, {"audio_tokens", 0}}},
            {"completion_tokens_details", {{"reasoning_tokens", 0}, {"audio_tokens", 0}}}};
}

Json frame(const Turn& turn, const char* object, const Json& choices) {
    return {{"id", "chatcmpl-" + turn.id},
            {"object", object},
            {"created", seconds(turn.at)},
            {"model", turn.model},
            {"choices", choices}};
}

std::string chunk(const Turn& turn, const Json& delta, const Json& finish_reason) {
    const Json choice = {{"index", 0}, {"delta", delta}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
    return event({}, frame(turn, "chat.completion.chunk", Json::array({choice})));
}

bool wants_usage(const Json& body) {
    const auto options = body.find("stream_options");
    return options != body.end() && options->is_object() && options->value("include_usage", false);
}

Answer streamed(const Turn& turn, bool with_usage) {
    std::vector<std::string> events;
    events.push_back(chunk(turn, {{"role", "assistant"}, {"content", ""}}, nullptr));
    for (const std::string& piece : turn.pieces) events.push_back(chunk(turn, {{"content", piece}}, nullptr));
    events.push_back(chunk(turn, Json::object(), "stop"));
    if (with_usage) {
        Json last = frame(turn, "chat.completion.chunk", Json::array());
        last["usage"] = usage(turn.tokens);
        events.push_back(event({}, last));
    }
    events.emplace_back("data: [DONE]\n\n");
    return stream_of(std::move(events));
}

}  // namespace

Answer chat_completions(Sim& sim, const Call& call, const Params&) {
    const auto body = object_in(call);
    if (!body) return bad_json();
    const Turn turn = take_turn(sim, *body, last_user_text(body->value("messages", Json()), "content"));
    if (turn.stream) return streamed(turn, wants_usage(*body));
    const Json said = {{"role", "assistant"}, {"content", turn.reply}, {"refusal", nullptr}};
    const Json choice = {{"index", 0}, {"message", said}, {"logprobs", nullptr}, {"finish_reason", "stop"}};
    Json shape = frame(turn, "chat.completion", Json::array({choice}));
    shape["usage"] = usage(turn.tokens);
    return json_answer(200, shape);
}

}  // namespace eph::sim

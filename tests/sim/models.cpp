// The model endpoints: who may call them, and which handler answers what.
#include "models.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace eph::sim {
namespace {

constexpr const char* kModels[] = {"gpt-5.5", "gpt-5.4-mini", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro"};

Answer list_models(Sim&, const Call&, const Params&) {
    Json data = Json::array();
    for (const char* model : kModels)
        data.push_back({{"id", model}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "eph-sim"}});
    return json_answer(200, {{"object", "list"}, {"data", data}});
}

Answer list_gemini_models(Sim&, const Call&, const Params&) {
    return json_answer(200, {{"models", Json::array({{{"name", "models/gemini-2.5-pro"}}})}});
}

// OpenRouter's, about the key itself: its list of models is open to everybody.
Answer show_key(Sim&, const Call&, const Params&) { return json_answer(200, {{"data", {{"label", "sk-or-v1-..."}}}}); }

constexpr Route kRoutes[] = {
    {"GET", "/v1/models", list_models},
    {"GET", "/v1/key", show_key},
    {"GET", "/v1beta/models", list_gemini_models},
    {"POST", "/v1/responses", responses},
    {"GET", "/v1/responses", responses_websocket},
    {"POST", "/v1/chat/completions", chat_completions},
    {"POST", "/v1/messages", messages},
    {"POST", "/v1/messages/count_tokens", count_message_tokens},
    {"GET", "/anthropic/v1/models", list_models},
    {"POST", "/anthropic/v1/messages", messages},
    {"POST", "/anthropic/v1/messages/count_tokens", count_message_tokens},
    {"POST", "/v1beta/models/{model}:generateContent", generate_content},
    {"POST", "/v1beta/models/{model}:streamGenerateContent", stream_generate_content},
    {"POST", "/v1beta/models/{model}:countTokens", count_gemini_tokens},
};

// Any header carries any key: the agents differ, and it is the broker's business which one it puts in.
bool admitted(Sim& sim, const Call& call) {
    if (std::ranges::count(sim.options.model_keys, call.credential) > 0) return true;
    Key* key = sim.world.key_by_value(call.credential);
    if (key == nullptr || !sim.world.live(*key)) return false;
    key->last_used_at = sim.world.now();
    return true;
}

Answer refusal(const Call& call) {
    const bool anthropic = call.path.find("/messages") != std::string::npos ||
                           (call.path.ends_with("/models") && call.credential_kind == CredentialKind::x_api_key);
    if (anthropic) return anthropic_error(401, "authentication_error", "invalid x-api-key");
    if (call.path.starts_with("/v1beta/"))
        return gemini_error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
                            "API_KEY_INVALID");
    return openai_error(401, "Incorrect API key provided.", {}, "invalid_api_key");
}

}  // namespace

Answer answer_model(Sim& sim, const Call& call) {
    const bool known =
        std::ranges::any_of(kRoutes, [&](const Route& r) { return match(r.pattern, call.path).has_value(); });
    if (!known) return not_found(call);
    if (!admitted(sim, call)) return refusal(call);
    return *dispatch(kRoutes, sim, call);
}

}  // namespace eph::sim

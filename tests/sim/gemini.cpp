// Google's Gemini API, as Gemini CLI uses it.
#include <cctype>
#include <nlohmann/json.hpp>

#include "models.hpp"

namespace eph::sim {
namespace {

Json usage(const Tokens& tokens) {
    return {{"promptTokenCount", tokens.input},
            {"cachedContentTokenCount", tokens.cached},
            {"candidatesTokenCount", tokens.output},
            {"totalTokenCount", tokens.input + tokens.output}};
}

Json chunk(const Turn& turn, const std::string& text, bool last) {
    Json candidate = {{"index", 0}, {"content", {{"role", "model"}, {"parts", Json::array({{{"text", text}}})}}}};
    if (last) candidate["finishReason"] = "STOP";
    return {{"candidates", Json::array({candidate})},
            {"usageMetadata", usage(turn.tokens)},
            {"modelVersion", turn.model},
            {"responseId", turn.id}};
}

// A document of the schema's shape, with `text` in its texts. Types are in capitals there, or not.
Json document(const Json& schema, const std::string& text) {
    if (schema.contains("enum")) return schema["enum"].at(0);
    std::string type = schema.value("type", "");
    for (char& c : type) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (type == "INTEGER" || type == "NUMBER") return 1;
    if (type == "BOOLEAN") return true;
    if (type == "ARRAY") return Json::array();
    if (type != "OBJECT") return text;
    Json filled = Json::object();
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, each] : properties.items()) filled[name] = document(each, text);
    return filled;
}

// Gemini CLI has a small model choose the one that answers, and asks again and again for a choice that it can read.
void keep_to_schema(Turn& turn, const Json& body) {
    const Json wanted = body.value("generationConfig", Json::object());
    if (wanted.value("responseMimeType", "") != "application/json") return;
    turn.reply = to_text(
        document(wanted.value("responseJsonSchema", wanted.value("responseSchema", Json::object())), turn.reply));
    turn.pieces = {turn.reply};
}

std::optional<Turn> turn_in(Sim& sim, const Call& call, const Params& params) {
    auto body = object_in(call);
    if (!body) return std::nullopt;
    (*body)["model"] = params[0];
    Turn turn = take_turn(sim, *body, last_user_text(body->value("contents", Json()), "parts"));
    keep_to_schema(turn, *body);
    return turn;
}

Answer bad_request() { return gemini_error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."); }

}  // namespace

Answer gemini_error(unsigned status, std::string_view name, std::string_view message, std::string_view reason) {
    Json error = {{"code", status}, {"message", message}, {"status", name}};
    if (!reason.empty()) {
        error["details"] = Json::array({{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                         {"reason", reason},
                                         {"domain", "googleapis.com"}}});
    }
    return json_answer(status, {{"error", error}});
}

Answer generate_content(Sim& sim, const Call& call, const Params& params) {
    const auto turn = turn_in(sim, call, params);
    return turn ? json_answer(200, chunk(*turn, turn->reply, true)) : bad_request();
}

// Without alt=sse the chunks come as one JSON array.
Answer stream_generate_content(Sim& sim, const Call& call, const Params& params) {
    const auto turn = turn_in(sim, call, params);
    if (!turn) return bad_request();
    Json chunks = Json::array();
    for (std::size_t i = 0; i < turn->pieces.size(); ++i)
        chunks.push_back(chunk(*turn, turn->pieces[i], i + 1 == turn->pieces.size()));
    if (parse_query(call.query)["alt"] != "sse") return json_answer(200, chunks);
    std::vector<std::string> events;
    for (const Json& each : chunks) events.push_back(event({}, each));
    return stream_of(std::move(events));
}

Answer count_gemini_tokens(Sim& sim, const Call& call, const Params& params) {
    const auto turn = turn_in(sim, call, params);
    return turn ? json_answer(200, {{"totalTokens", turn->tokens.input}}) : bad_request();
}

}  // namespace eph::sim

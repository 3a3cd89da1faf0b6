// The list of models is free of charge everywhere, and asks for the key nearly everywhere.
#include "daemon/providers/plain_key.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/json_depth.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// Their lists of models are open to everybody: what they answer says nothing of a key.
constexpr std::array<std::string_view, 2> open_lists{"huggingface", "nvidia"};

HttpRequest question(const ProviderView& provider) {
    HttpRequest request{"GET", "/models", "", provider.auth};
    switch (provider.family) {
        case ApiFamily::openai:
            // https://openrouter.ai/docs/api-reference/limits: the list of models is open, and this is about the key.
            if (provider.name == "openrouter") request.path = "/key";
            break;
        case ApiFamily::anthropic:  // https://docs.anthropic.com/en/api/models-list
            request.path = "/v1/models?limit=1";
            request.more_headers = "anthropic-version: 2023-06-01\r\n";
            break;
        case ApiFamily::google:  // https://ai.google.dev/api/models
            request.path = "/v1beta/models?pageSize=1";
            break;
    }
    return request;
}

// error.message, in every family; DeepSeek and others say it in `message` or `error`.
std::string words_in(const std::string& body) {
    if (nested_deeper(body)) return {};
    const auto document = nlohmann::json::parse(body, nullptr, false);
    if (!document.is_object()) return {};
    const auto error = document.find("error");
    if (error != document.end() && error->is_string()) return printable(error->get<std::string>(), 300);
    const auto& place = error != document.end() && error->is_object() ? *error : document;
    const auto message = place.find("message");
    return message != place.end() && message->is_string() ? printable(message->get<std::string>(), 300) : std::string{};
}

// Google says 400 to a key that it does not know.
bool denies_key(const HttpResponse& answer) {
    if (answer.status == 401 || answer.status == 403) return true;
    return answer.status == 400 && answer.body.find("API_KEY_INVALID") != std::string::npos;
}

Error refusal(const ProviderView& provider, const AccountRef& account, const HttpResponse& answer) {
    std::string said = words_in(answer.body);
    said = said.empty() ? fmt::format("status {}", answer.status) : fmt::format("{} (status {})", said, answer.status);
    if (denies_key(answer)) {
        return Error{Code::provider_denied, "{} does not accept the API key: {}", provider.title, said}.hint(
            provider.keys_at.empty() ? "Make a new one there, and run " + setup_command(provider.name, account->name)
                                     : "See whether it is still there, or make a new one: " + provider.keys_at);
    }
    if (answer.status == 404 || answer.status == 405) {
        return Error{Code::provider_unreadable, "{} has no list of models: {}", account->place.base_url, said}.hint(
            "See whether the base URL is right" + std::string{provider.base_path.empty() ? "." : ", /v1 included."});
    }
    return Error{Code::provider_refused, "{} did not list its models: {}", provider.title, said};
}

}  // namespace

Task<std::string> check_plain_key(HttpsClient& https, ProviderView provider, AccountRef account) {
    HttpRequest request = question(provider);
    const HttpResponse answer = co_await https.send(account->base, std::move(request), account->secret);
    const bool no_list = answer.status == 404 || answer.status == 405;
    if (no_list && account->own_base_url && provider.family != ApiFamily::openai) {
        co_return account->base.authority() + " has no list of models, as many a gateway: the key is not proven";
    }
    if (answer.status < 200 || answer.status > 299) throw refusal(provider, account, answer);
    if (nested_deeper(answer.body) || nlohmann::json::parse(answer.body, nullptr, false).is_discarded()) {
        throw Error{Code::provider_unreadable, "{} answered with something that is not JSON", account->place.base_url}
            .hint("See whether the base URL is right.");
    }
    const std::string where = account->base.authority();
    if (account->secret.empty()) co_return where + " lists its models without a key";
    const bool open =
        !account->own_base_url && std::find(open_lists.begin(), open_lists.end(), provider.name) != open_lists.end();
    if (open) co_return where + " lists its models, as it does for everybody: the key is not proven by that";
    co_return where + " accepts the API key" + (provider.name == "openrouter" ? "" : " and lists its models");
}

}  // namespace eph

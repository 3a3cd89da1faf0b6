// Giving a key a later end: its expiry and its name.
#include <algorithm>

#include "daemon/providers/openai_json.hpp"
#include "daemon/providers/openai_paths.hpp"

namespace eph {
namespace {

// Whatever is neither a success nor a clear no.
ChangeAnswer not_changed(const AccountRef& account, const HttpResponse& answer, std::string_view what) {
    Error error = openai_json::refusal(account, answer, what);
    if (unclear(answer)) return Unclear{std::move(error)};
    return Refused{std::move(error)};
}

ChangeAnswer unanswered(const TransportError& error) {
    if (error.maybe_sent()) return Unclear{error};
    return Refused{error};
}

}  // namespace

Task<ChangeAnswer> OpenAi::set_expiry(AccountRef account, std::string api_key_id, Duration expires_in) {
    const Timestamp asked = now();
    try {
        const HttpResponse answer =
            co_await ask(account, "POST", project_path(account, "api_keys/" + percent_encoded(api_key_id)),
                         openai_json::expiry_request(expires_in));
        if (names_expiry(answer)) {
            co_return Refused{Error{Code::provider_refused,
                                    "OpenAI's policy for project {} does not allow a later end: {}",
                                    account->place.project, openai_json::error_message(answer.body)}
                                  .hint("Extend by less; eph adds a minute for OpenAI's own expiry.")};
        }
        if (answer.status == 404 || answer.status == 405) co_return Absent{};
        if (!succeeded(answer)) co_return not_changed(account, answer, "give the key a later expiry");
        co_return Changed{openai_json::expiry(answer.body).value_or(asked + expires_in)};
    } catch (const TransportError& error) {
        co_return unanswered(error);
    } catch (const Error& error) {
        co_return Unclear{error};
    }
}

Task<HttpResponse> OpenAi::post_name(AccountRef account, std::string service_account_id, std::string name) {
    co_return co_await ask(account, "POST",
                           project_path(account, "service_accounts/" + percent_encoded(service_account_id)),
                           openai_json::rename_request(name));
}

Task<ChangeAnswer> OpenAi::rename(AccountRef account, std::string service_account_id, std::string name,
                                  std::string next_name) {
    try {
        HttpResponse answer;
        const bool not_ours = is_somebody_elses(account->place, service_account_id, name, next_name);
        if (not_ours) {
            answer.status = 404;  // for this key it means the same: look for it by its name
        } else {
            answer = co_await post_name(account, service_account_id, next_name);
        }
        if (answer.status == 404) {
            const std::vector<Listed> listed = co_await list(account);
            const auto found =
                std::find_if(listed.begin(), listed.end(), [&](const Listed& each) { return each.name == name; });
            if (found == listed.end()) {
                co_return Refused{Error{Code::provider_refused,
                                        "OpenAI has no service account {} in project {} any more", printable(name, 120),
                                        account->place.project}};
            }
            if (found->id != service_account_id) answer = co_await post_name(account, found->id, next_name);
        }
        if (answer.status == 404 || answer.status == 405) {
            co_return Refused{
                Error{Code::provider_refused, "OpenAI cannot rename the service account {} in project {} (status {})",
                      printable(name, 120), account->place.project, answer.status}
                    .hint("Without its new end in the name, other machines would revoke the key too early.")};
        }
        if (!succeeded(answer)) co_return not_changed(account, answer, "rename a service account");
        if (openai_json::name(answer.body) != next_name) {
            co_return Unclear{Error{Code::provider_unreadable, "OpenAI answered the new name of {} with another one",
                                    printable(name, 120)}};
        }
        co_return Changed{};
    } catch (const TransportError& error) {
        co_return unanswered(error);
    } catch (const Error& error) {
        co_return Unclear{error};
    }
}

}  // namespace eph

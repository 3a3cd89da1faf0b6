// Making keys: a service account with its key in one call, or an account and then a restricted key in two.
#include <boost/asio/steady_timer.hpp>

#include "daemon/providers/openai_json.hpp"
#include "daemon/providers/openai_paths.hpp"

namespace eph {
namespace {

CreateError not_made(const AccountRef& account, const HttpResponse& answer) {
    return {openai_json::refusal(account, answer, "create a key"), unclear(answer)};
}

CreateError too_long(const AccountRef& account, const HttpResponse& refused) {
    return {Error{Code::provider_refused, "OpenAI's policy for project {} does not allow this key: {}",
                  account->place.project, openai_json::error_message(refused.body)}
                .hint("Ask for a shorter --ttl; eph adds a minute to it."),
            false};
}

}  // namespace

struct OpenAi::Wanted {
    std::string path;
    std::string name;
    std::optional<Duration> expires_in;
    std::vector<std::string> scopes;  // none: an account with its key
};

// Asks again without an expiry where the organisation refuses that, and a little later where the provider asks for it:
// both are a clear no, so asking again cannot make two keys. Any other answer is the caller's. Throws CreateError.
Task<HttpResponse> OpenAi::ask_to_make(AccountRef account, Wanted wanted, bool& without_expiry) {
    constexpr Duration patience = std::chrono::seconds{10};
    std::optional<HttpResponse> expiry_refused;
    for (int slowed = 0;;) {
        std::string body = wanted.scopes.empty()
                               ? openai_json::create_request(wanted.name, wanted.expires_in)
                               : openai_json::key_request(wanted.name, wanted.scopes, wanted.expires_in);
        HttpResponse answer;
        try {
            answer = co_await ask(account, "POST", wanted.path, std::move(body));
        } catch (const TransportError& error) {
            throw CreateError{error, error.maybe_sent()};
        }
        if (names_expiry(answer) && wanted.expires_in) {
            expiry_refused = std::move(answer);
            wanted.expires_in.reset();
            continue;
        }
        if (answer.status == 429 && answer.retry_after && *answer.retry_after <= patience && slowed++ < 2) {
            asio::steady_timer pause{co_await asio::this_coro::executor, *answer.retry_after};
            co_await pause.async_wait(use_awaitable);
            continue;
        }
        if (expiry_refused && answer.status == 400) throw too_long(account, *expiry_refused);
        without_expiry = expiry_refused.has_value();
        co_return answer;
    }
}

namespace {

// What the answer left unsaid of the key's expiry.
void complete(Created& created, bool without_expiry, Timestamp asked, Duration expires_in) {
    created.expiry_named = created.expires.has_value();
    if (without_expiry) {
        created.expires.reset();
        created.expiry_named = false;
        created.note = "this organisation refuses key expiry, so OpenAI will not end the key by itself";
    } else if (!created.expires) {
        created.expires = asked + expires_in;
    }
}

}  // namespace

Task<Created> OpenAi::create(AccountRef account, std::string name, Duration expires_in,
                             std::vector<std::string> scopes) {
    if (!scopes.empty()) co_return co_await create_scoped(account, std::move(name), expires_in, std::move(scopes));
    const Timestamp asked = now();
    bool without_expiry = false;
    Wanted wanted{project_path(account, "service_accounts"), name, expires_in, {}};
    HttpResponse answer = co_await ask_to_make(account, std::move(wanted), without_expiry);
    if (!succeeded(answer)) throw not_made(account, answer);
    try {
        Created created = openai_json::created(answer.body, name);
        wipe(answer.body);
        complete(created, without_expiry, asked, expires_in);
        co_return created;
    } catch (const Error& error) {
        throw CreateError{error, true};
    }
}

// Once the first call may have taken effect, every failure leaves an account that has to go.
Task<Created> OpenAi::create_scoped(AccountRef account, std::string name, Duration expires_in,
                                    std::vector<std::string> scopes) {
    HttpResponse made;
    try {
        made = co_await ask(account, "POST", project_path(account, "service_accounts"),
                            openai_json::account_request(name));
    } catch (const TransportError& error) {
        throw CreateError{error, error.maybe_sent()};
    }
    if (!succeeded(made)) throw not_made(account, made);
    const Timestamp asked = now();
    bool without_expiry = false;
    std::optional<Error> failure;
    Created created;
    try {
        const std::string id = openai_json::created_account(made.body, name);
        Wanted wanted{project_path(account, fmt::format("service_accounts/{}/api_keys", percent_encoded(id))), name,
                      expires_in, std::move(scopes)};
        HttpResponse answer = co_await ask_to_make(account, std::move(wanted), without_expiry);
        if (!succeeded(answer)) throw openai_json::refusal(account, answer, "create a restricted key");
        created = openai_json::created_key(answer.body, id);
        wipe(answer.body);
    } catch (const Error& error) {
        failure = error;
    }
    if (failure) throw CreateError{std::move(*failure), true};
    complete(created, without_expiry, asked, expires_in);
    co_return created;
}

}  // namespace eph

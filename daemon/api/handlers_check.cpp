// An account checked step by step: the way to its provider, its permissions, and the whole life of a key.
#include "common/error.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/providers/plain_key.hpp"

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

// Where the error itself does not say.
std::string_view what_to_do(Code code, bool makes_keys) {
    switch (code) {
        case Code::provider_unreachable:
        case Code::timeout:
            return "See whether this machine reaches that address (curl -v), and HTTPS_PROXY in ephd's environment.";
        case Code::provider_denied:
        case Code::provider_refused:
            return makes_keys
                       ? "See the admin key's permissions at platform.openai.com/settings/organization/admin-keys."
                       : "See whether the key is still there, and what it may do.";
        case Code::provider_unreadable:
            return "See whether the base URL is right: eph auth setup --base-url URL";
        default:
            return "ephd's log says more; see eph status.";
    }
}

// Runs one step of a check and records how it went; false when it failed.
Task<bool> step(wire::CheckReport& report, std::string name, Task<std::string> work) {
    wire::CheckStep result;
    result.name = std::move(name);
    const auto began = Clock::now();
    try {
        result.detail = co_await std::move(work);
        result.passed = true;
    } catch (const Error& error) {
        result.detail = error.message();
        result.hint =
            error.hint().empty() ? std::string{what_to_do(error.code(), report.account.makes_keys)} : error.hint();
    }
    result.millis = std::chrono::duration_cast<Duration>(Clock::now() - began).count();
    report.steps.push_back(std::move(result));
    co_return report.steps.back().passed;
}

// Without any credential: whether there is a way to the provider, and who is at its end.
Task<std::string> reach(Services& services, AccountRef account) {
    const Probe found = co_await services.https.probe(account->base);
    const std::string way = found.proxy.empty() ? "" : " through the proxy " + found.proxy;
    if (found.version.empty()) {
        co_return fmt::format("plain http to {}{}, which is this machine; connected in {} ms",
                              account->base.authority(), way, found.connecting.count());
    }
    co_return fmt::format("{}{} in {} ms, {} in {} ms, certificate of {} by {} until {}", account->base.authority(),
                          way, found.connecting.count(), found.version, found.handshake.count(), found.owner,
                          found.issuer, found.valid_until ? rfc3339(*found.valid_until).substr(0, 10) : "?");
}

Task<std::string> ask_permission(Services& services, AccountRef account) {
    if (!account->makes_keys) {
        const ProviderView provider = services.accounts.provider(account->place.provider);
        std::string shown = co_await check_plain_key(services.https, provider, account);
        services.ledger.checked(account->place, account->fingerprint, now());
        co_return shown;
    }
    co_await services.openai.check(account);
    services.ledger.checked(account->place, account->fingerprint, now());
    co_return fmt::format("{} accepts the admin key and lists project {}", account->base.authority(),
                          account->place.project);
}

Task<std::string> count(Services& services, AccountRef account) {
    const std::vector<Listed> all = co_await services.openai.list(account);
    std::size_t ours = 0;
    for (const Listed& each : all) ours += each.name.starts_with("eph-") ? 1 : 0;
    co_return fmt::format("{} service accounts, {} of them made by eph", all.size(), ours);
}

Task<std::string> make(Services& services, AccountRef account, std::string actor, IssuedKey& issued) {
    SessionRequest what{.host = {}, .agent = {}, .label = "doctor", .ttl = std::chrono::minutes{5}};
    issued = co_await services.sessions.issue(account, std::move(what), std::move(actor));
    co_return issued.note.empty() ? "key " + issued.key.id.text()
                                  : fmt::format("key {}; {}", issued.key.id.text(), issued.note);
}

Task<std::string> try_key(Services& services, AccountRef account, const Secret& key, bool wanted) {
    constexpr int tries = 20;  // new keys can take a moment to work, deleted ones to stop
    for (int attempt = 1; attempt <= tries; ++attempt) {
        if (co_await services.openai.usable(account, key) == wanted) {
            co_return fmt::format("{} after {} {}", wanted ? "accepted" : "refused", attempt,
                                  attempt == 1 ? "try" : "tries");
        }
        asio::steady_timer pause{co_await asio::this_coro::executor, std::chrono::milliseconds{500}};
        co_await pause.async_wait(use_awaitable);
    }
    throw Error{Code::provider_refused, wanted ? "the new key is not accepted" : "the deleted key is still accepted"}
        .hint(wanted ? "See whether the project's policy restricts what its keys may do."
                     : "OpenAI may need a while; check again with eph keys list.");
}

Task<std::string> remove(Services& services, KeyId key, std::string actor) {
    const Janitor::Awaited awaited = services.janitor.awaited(key);
    services.janitor.revoke(key, "asked", actor);
    if (!co_await services.janitor.first_answer(awaited, std::chrono::seconds{30})) {
        const auto row = services.ledger.key(key);
        throw Error{Code::provider_refused, "not confirmed yet: {}", row ? row->last_error : ""}.hint(
            "ephd goes on trying; see eph status.");
    }
    co_return "confirmed by OpenAI";
}

Task<void> check_live(Services& services, AccountRef account, std::string actor, wire::CheckReport& report) {
    IssuedKey issued;
    if (!co_await step(report, "create", make(services, account, actor, issued))) co_return;
    co_await step(report, "usable", try_key(services, account, issued.secret, true));
    if (!co_await step(report, "revoke", remove(services, issued.key.id, actor))) co_return;
    co_await step(report, "confirm", try_key(services, account, issued.secret, false));
}

// Only a model's answer could show more, and that costs its price.
Task<std::string> nothing_to_make(AccountRef account) {
    co_return fmt::format("nothing more to try: no key can be made at {}, and no tokens are spent",
                          account->base.authority());
}

}  // namespace

Task<ApiReply> check_account(Services& services, const ApiRequest& request) {
    const AccountRef account = co_await services.accounts.pick(request.param("provider"), request.credential);
    wire::CheckReport report;
    report.account.makes_keys = account->makes_keys;
    // One condition a line: g++ 12 frees the temporaries of a conditional co_await twice.
    bool passed = co_await step(report, "tls", reach(services, account));
    if (passed) passed = co_await step(report, "permission", ask_permission(services, account));
    if (account->makes_keys) {
        if (passed) passed = co_await step(report, "list", count(services, account));
        if (passed && request.query_flag("live")) co_await check_live(services, account, request.actor, report);
    } else if (passed && request.query_flag("live")) {
        co_await step(report, "live", nothing_to_make(account));
    }
    report.account = view_account(services, known_account(account));
    ApiReply reply;
    reply.body = wire::encode(report);
    co_return reply;
}

}  // namespace eph

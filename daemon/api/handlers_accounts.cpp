// Accounts: shown without their secrets, stored, checked step by step.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

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
        result.hint = error.hint();
    }
    result.millis = std::chrono::duration_cast<Duration>(Clock::now() - began).count();
    report.steps.push_back(std::move(result));
    co_return report.steps.back().passed;
}

Task<std::string> reach(Services& services, AccountRef account) {
    co_await services.openai.check(account);
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
    co_await step(report, "use", try_key(services, account, issued.secret, true));
    if (!co_await step(report, "revoke", remove(services, issued.key.id, actor))) co_return;
    co_await step(report, "confirm", try_key(services, account, issued.secret, false));
}

}  // namespace

Task<ApiReply> list_accounts(Services& services, const ApiRequest& request) {
    if (!request.credential.empty()) (void)services.accounts.pick("openai", request.credential);
    wire::AccountList list;
    for (const AccountRef& account : services.accounts.loaded()) list.accounts.push_back(view(*account));
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_account(Services& services, const ApiRequest& request) {
    const AccountRef account = services.accounts.pick(request.param("provider"), request.credential);
    ApiReply reply;
    reply.body = wire::encode(view(*account));
    co_return reply;
}

Task<ApiReply> set_account(Services& services, const ApiRequest& request) {
    auto wanted = wire::decode<wire::SetAccount>(request.body);
    if (!wanted.store.empty() && wanted.store != "file") {
        throw Error{Code::usage, "the store '{}' is not known", printable(wanted.store, 40)}.hint(
            "Known stores: file.");
    }
    Credential credential;
    credential.admin_key = Secret::take(wanted.admin_key);
    credential.project = wanted.project;
    credential.base_url = wanted.base_url;
    if (credential.admin_key.empty()) throw Error{Code::usage, "the admin key is empty"};
    if (credential.project.empty()) throw Error{Code::usage, "the project id is empty"};
    if (request.param("provider") != "openai") {
        throw Error{Code::usage, "the provider '{}' is not known", printable(request.param("provider"), 40)}.hint(
            "Known providers: openai.");
    }
    const AccountRef account = services.accounts.preview(credential);
    co_await services.openai.check(account);
    services.accounts.store(std::move(credential));
    wire::Account document = view(*account);
    document.source = "file";
    document.stored_in = services.accounts.file().string();
    ApiReply reply;
    reply.body = wire::encode(document);
    co_return reply;
}

Task<ApiReply> check_account(Services& services, const ApiRequest& request) {
    const AccountRef account = services.accounts.pick(request.param("provider"), request.credential);
    wire::CheckReport report;
    report.account = view(*account);
    // One condition a line: g++ 12 frees the temporaries of a conditional co_await twice.
    bool passed = co_await step(report, "permission", reach(services, account));
    if (passed) passed = co_await step(report, "list", count(services, account));
    if (passed && request.query_flag("live")) co_await check_live(services, account, request.actor, report);
    ApiReply reply;
    reply.body = wire::encode(report);
    co_return reply;
}

}  // namespace eph

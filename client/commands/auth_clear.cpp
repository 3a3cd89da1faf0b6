// eph auth show, eph auth clear.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Task<int> show(bool json) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/accounts");
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
        co_return 0;
    }
    const auto list = wire::decode<wire::AccountList>(answer.body);
    const std::string named = environment("EPH_ACCOUNT");  // where --account put it
    const auto is_it = [&](const wire::Account& each) { return each.name == named; };
    if (!named.empty() && std::none_of(list.accounts.begin(), list.accounts.end(), is_it)) {
        throw Error{Code::no_account, "there is no account '{}'", printable(named, 60)}.hint(
            "eph auth show lists what there is; a new one is stored with: eph auth setup --account NAME");
    }
    const ApiAnswer now = co_await api.call("GET", "/v1/status");  // knows what is wrong with the configuration
    for (const std::string& note : wire::decode<wire::Status>(now.body).notes) Progress{}.warn(printable(note, 600));
    if (list.accounts.empty()) {
        std::cout << "no account: run eph auth setup\n";
        co_return 0;
    }
    std::vector<std::vector<std::string>> rows{
        {"ACCOUNT", "PROVIDER", "PROJECT", "KEY", "CHECKED", "STATE", "KEPT IN"}};
    for (const wire::Account& each : list.accounts) {
        rows.push_back({or_dash(each.name), each.provider, or_dash(each.project), or_dash(each.fingerprint),
                        each.checked_at ? when(*each.checked_at) : "never", each.state, each.stored_in});
    }
    std::cout << format_table(rows);
    for (const wire::Account& each : list.accounts) {
        if (each.custom)
            std::cout << fmt::format("{} is at {}\n", or_dash(printable(each.name)), printable(each.base_url));
        if (!each.problem.empty())
            std::cout << fmt::format("{}: {}\n", or_dash(printable(each.name)), printable(each.problem));
    }
    co_return 0;
}

Task<int> remove(bool revoke, bool json) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call(
        "DELETE", fmt::format("/v1/accounts/openai{}", revoke ? "?revoke=1" : ""), "", std::chrono::minutes{10});
    const auto change = wire::decode<wire::AccountChange>(answer.body);
    Progress progress;
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (change.done) {
        if (!json)
            progress.say(fmt::format("the account {} is removed from {}", change.account.name,
                                     printable(change.account.stored_in)));
        for (const std::string& note : change.notes) progress.warn(printable(note));
        co_return 0;
    }
    for (const wire::Key& key : change.keys)
        progress.warn(fmt::format("key {} is NOT revoked yet: {}", key.id, printable(key.last_error)));
    progress.warn(
        fmt::format("the account {} is kept, since these keys cannot be revoked without it; ephd goes on trying, "
                    "see eph status",
                    change.account.name));
    co_return exit_status(Code::provider_refused);
}

}  // namespace

int show_accounts(const Arguments& arguments) { return run_task(show(arguments.has("--json"))); }

int clear_account(const Arguments& arguments) {
    const bool json = arguments.has("--json");
    if (arguments.has("--yes")) return run_task(remove(true, json));
    try {
        return run_task(remove(false, json));
    } catch (const Error& error) {
        if (error.code() != Code::busy || isatty(STDIN_FILENO) == 0) throw;
        const std::optional<std::string> answer = ask(
            fmt::format("{}. Revoke, end their sessions, and remove the account? [y/N] ", printable(error.message())));
        if (!answer || (lower(*answer) != "y" && lower(*answer) != "yes"))
            throw Declined{Error{Code::busy, "the account is kept, since its keys live"}.hint(
                "Nothing was revoked; eph status shows them.")};
    }
    return run_task(remove(true, json));
}

}  // namespace eph

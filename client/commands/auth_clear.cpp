// eph auth show, eph auth clear.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/provider_choice.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

// Those of one provider, where that is named.
void keep_only(wire::AccountList& list, const std::string& provider) {
    std::erase_if(list.accounts, [&](const wire::Account& each) { return each.provider != provider; });
}

Task<int> show(std::string provider, bool all, bool json) {
    ApiClient api{provider};
    const ApiAnswer answer = co_await api.call("GET", "/v1/accounts");
    auto list = answer.as<wire::AccountList>();
    if (!all) keep_only(list, provider);
    if (json) {
        std::cout << wire::pretty(wire::encode(list)) << "\n";
        co_return 0;
    }
    const std::string named = environment("EPH_ACCOUNT");  // where --account put it
    const auto is_it = [&](const wire::Account& each) { return each.name == named; };
    if (!named.empty() && std::none_of(list.accounts.begin(), list.accounts.end(), is_it)) {
        throw Error{Code::no_account, "there is no account '{}'", printable(named, 60)}.hint(
            "eph auth show lists what there is; a new one is stored with: eph auth setup --account NAME");
    }
    const ApiAnswer now =
        co_await api.call("GET", "/v1/status", "", look_limit);  // knows what is wrong with the configuration
    for (const std::string& note : now.as<wire::Status>().notes) Progress{}.warn(printable(note, 600));
    if (list.accounts.empty()) {
        std::cout << fmt::format("no account: run eph auth setup{}\n",
                                 provider == "openai" ? "" : " --provider " + provider);
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

Task<int> remove(std::string provider, bool revoke, bool json) {
    ApiClient api{provider};
    const ApiAnswer answer = co_await api.call(
        "DELETE", fmt::format("/v1/accounts/{}{}", provider, revoke ? "?revoke=1" : ""), "", std::chrono::minutes{10});
    const auto change = answer.as<wire::AccountChange>();
    Progress progress;
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (change.done) {
        if (!json)
            progress.say(fmt::format("the {}account {} is removed from {}",
                                     change.account.makes_keys ? "" : printable(change.account.title, 60) + " ",
                                     change.account.name, printable(change.account.stored_in)));
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

int show_accounts(const Arguments& arguments) {
    return run_task(show(provider_of(arguments), !arguments.has("--provider"), arguments.has("--json")));
}

int clear_account(const Arguments& arguments) {
    const bool json = arguments.has("--json");
    const std::string provider = provider_of(arguments);
    if (arguments.has("--yes")) return run_task(remove(provider, true, json));
    try {
        return run_task(remove(provider, false, json));
    } catch (const Error& error) {
        if (error.code() != Code::busy || isatty(STDIN_FILENO) == 0) throw;
        const std::optional<std::string> answer = ask(
            fmt::format("{}. Revoke, end their sessions, and remove the account? [y/N] ", printable(error.message())));
        if (!answer || (lower(*answer) != "y" && lower(*answer) != "yes"))
            throw Declined{Error{Code::busy, "the account is kept, since its keys live"}.hint(
                "Nothing was revoked; eph status shows them.")};
    }
    return run_task(remove(provider, true, json));
}

}  // namespace eph

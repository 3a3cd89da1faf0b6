// eph auth setup: asks for an account, and has it checked and stored.
#include <unistd.h>

#include <algorithm>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/provider_choice.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/admin_key.hpp"
#include "common/config_keys.hpp"
#include "common/paths.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

void report(const ProviderChoice& provider, const wire::AccountChange& change) {
    const wire::Account& account = change.account;
    const std::string place = printable(account.stored_in) + (account.source == "file" ? " (mode 0600)" : "");
    Progress progress;
    if (provider.makes_keys) {
        progress.say(fmt::format("the admin key {} works for project {} and is stored in {}", account.fingerprint,
                                 printable(account.project), place));
    } else if (account.fingerprint.empty()) {
        progress.say(fmt::format("{} answers at {} without a key; that is stored in {}", provider.title,
                                 printable(account.base_url), place));
    } else {
        progress.say(
            fmt::format("the API key {} works at {} and is stored in {}", account.fingerprint, provider.title, place));
    }
    for (const std::string& note : change.notes) progress.say(printable(note));
    if (!environment("EPH_ACCOUNT").empty()) return;
    for (const std::string& variable : credential_variables(provider.name)) {
        if (environment(variable.c_str()).empty()) continue;
        progress.warn(fmt::format("{} in your environment comes before what is stored", variable));
        return;
    }
}

Task<int> set_up(ProviderChoice provider, wire::SetAccount wanted) {
    ApiClient api{provider.name};
    std::string body = wire::encode(wanted);
    wipe(wanted.admin_key);
    const ApiAnswer answer =
        co_await api.call("PUT", "/v1/accounts/" + provider.name, std::move(body), std::chrono::minutes{4});
    report(provider, answer.as<wire::AccountChange>());
    co_return 0;
}

// The project of the account as it is, to be kept by a mere Enter.
Task<int> find_project(std::string provider, std::string& project) {
    ApiClient api{provider};
    const ApiAnswer answer = co_await api.call("GET", "/v1/accounts");
    const auto list = answer.as<wire::AccountList>();
    const std::string named = environment("EPH_ACCOUNT");
    for (const wire::Account& each : list.accounts) {
        if (each.provider != provider) continue;
        if (named.empty() ? &each == &list.accounts.front() && !each.name.empty() : each.name == named)
            project = each.project;
    }
    co_return 0;
}

void check_options(const ProviderChoice& provider, const Arguments& arguments) {
    const std::string store = arguments.value("--store").value_or("");
    if (!store.empty() && std::find(store_names.begin(), store_names.end(), store) == store_names.end()) {
        std::string known;
        for (const std::string_view each : store_names) known += (known.empty() ? "" : ", ") + std::string{each};
        throw Error{Code::usage, "the store '{}' is not known", printable(store, 40)}.hint("Known stores: " + known +
                                                                                           ".");
    }
    if (arguments.has("--project") && !provider.makes_keys)
        throw Error{Code::usage, "{} has no projects that eph could use", provider.title}.hint("Leave --project out.");
    if (arguments.has("--command") && store != "command")
        throw Error{Code::usage, "--command goes with --store command"};
    if (store == "command" && !arguments.has("--command"))
        throw Error{Code::usage, "--store command needs --command '...'"}.hint(
            fmt::format("For example: --command 'op read op://vault/{}/{}'", provider.name,
                        provider.makes_keys ? "admin-key" : "api-key"));
}

std::string ask_key(const ProviderChoice& provider) {
    const std::string_view word = credential_word(provider.makes_keys);
    const std::string_view how = provider.makes_keys  ? "sk-admin-..., not shown"
                                 : provider.needs_key ? "not shown"
                                                      : "not shown; Enter for none";
    const std::optional<Secret> key = ask_secret(fmt::format("{} {} ({}): ", provider.title, word, how));
    const bool none = !key || key->empty();
    if (none && !provider.needs_key) return {};
    if (none) {
        throw Error{Code::usage, "no {} was given", word}.hint("Type it at the question, or pipe it in as one line.");
    }
    const KeyFault fault = provider.makes_keys ? fault_of_admin_key(key->reveal(), false)
                                               : fault_of_api_key(provider.name, key->reveal(), false);
    if (!fault.what.empty()) throw Error{Code::usage, "what was given as the {} {}", word, fault.what}.hint(fault.hint);
    return std::string{key->reveal()};
}

std::string ask_project(const ProviderChoice& provider) {
    std::string before;
    run_task(find_project(provider.name, before));
    const std::string offer = before.empty() ? "proj_..." : "Enter for " + printable(before, 80);
    const std::optional<std::string> project = ask(fmt::format("{} project id ({}): ", provider.title, offer));
    if (project && !project->empty()) return *project;
    const bool left = !project && isatty(STDIN_FILENO) != 0;  // by Ctrl-D, which agrees to nothing
    if (!before.empty() && !left) return before;
    throw Error{Code::usage, "no project id was given"}.hint("Type it at the question, or name it with --project.");
}

}  // namespace

int set_up_account(const Arguments& arguments) {
    ProviderChoice provider = choose_provider(arguments);
    check_options(provider, arguments);
    wire::SetAccount wanted;
    wanted.store = arguments.value("--store").value_or("");
    wanted.command = arguments.value("--command").value_or("");
    // As everywhere, a named account counts alone, whatever else the environment says.
    const std::string variable = base_url_variable(provider.name);
    const std::string usual = environment("EPH_ACCOUNT").empty() ? environment(variable.c_str()) : "";
    wanted.base_url = arguments.value("--base-url").value_or(usual);
    if (wanted.store != "command") wanted.admin_key = ask_key(provider);
    wanted.project = arguments.value("--project").value_or("");
    if (wanted.project.empty() && provider.makes_keys) wanted.project = ask_project(provider);
    return run_task(set_up(std::move(provider), std::move(wanted)));
}

}  // namespace eph

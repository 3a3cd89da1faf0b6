// eph auth setup: asks for an account, and has it checked and stored.
#include <unistd.h>

#include <algorithm>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/admin_key.hpp"
#include "common/config_keys.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

Task<int> set_up(wire::SetAccount wanted) {
    ApiClient api;
    std::string body = wire::encode(wanted);
    wipe(wanted.admin_key);
    const ApiAnswer answer = co_await api.call("PUT", "/v1/accounts/openai", std::move(body), std::chrono::minutes{4});
    const auto change = wire::decode<wire::AccountChange>(answer.body);
    const wire::Account& account = change.account;
    Progress progress;
    progress.say(fmt::format("the admin key {} works for project {} and is stored in {}{}", account.fingerprint,
                             printable(account.project), printable(account.stored_in),
                             account.source == "file" ? " (mode 0600)" : ""));
    for (const std::string& note : change.notes) progress.say(printable(note));
    if (!environment("OPENAI_ADMIN_KEY").empty() && environment("EPH_ACCOUNT").empty())
        progress.warn("OPENAI_ADMIN_KEY in your environment comes before what is stored");
    co_return 0;
}

// The project of the account as it is, to be kept by a mere Enter.
Task<int> find_project(std::string& project) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/accounts");
    const auto list = wire::decode<wire::AccountList>(answer.body);
    const std::string named = environment("EPH_ACCOUNT");
    for (const wire::Account& each : list.accounts) {
        if (named.empty() ? &each == &list.accounts.front() && !each.name.empty() : each.name == named)
            project = each.project;
    }
    co_return 0;
}

void check_options(const Arguments& arguments) {
    const std::string provider = arguments.value("--provider").value_or("openai");
    if (provider != "openai") {
        throw Error{Code::usage, "eph cannot make keys at {}, so there is no account to set up",
                    printable(provider, 40)}
            .hint(fmt::format("A key of your own goes to one session with: eph --provider {} --prompt-key HOST",
                              printable(provider, 40)));
    }
    const std::string store = arguments.value("--store").value_or("");
    if (!store.empty() && std::find(store_names.begin(), store_names.end(), store) == store_names.end()) {
        std::string known;
        for (const std::string_view each : store_names) known += (known.empty() ? "" : ", ") + std::string{each};
        throw Error{Code::usage, "the store '{}' is not known", printable(store, 40)}.hint("Known stores: " + known +
                                                                                           ".");
    }
    if (arguments.has("--command") && store != "command")
        throw Error{Code::usage, "--command goes with --store command"};
    if (store == "command" && !arguments.has("--command"))
        throw Error{Code::usage, "--store command needs --command '...'"}.hint(
            "For example: --command 'op read op://vault/openai/admin-key'");
}

std::string ask_key() {
    const std::optional<Secret> key = ask_secret("OpenAI admin key (sk-admin-..., not shown): ");
    if (!key || key->empty())
        throw Error{Code::usage, "no admin key was given"}.hint("Type it at the question, or pipe it in as one line.");
    const KeyFault fault = fault_of_admin_key(key->reveal(), false);
    if (!fault.what.empty())
        throw Error{Code::usage, "what was given as the admin key {}", fault.what}.hint(fault.hint);
    return std::string{key->reveal()};
}

std::string ask_project() {
    std::string before;
    run_task(find_project(before));
    const std::string offer = before.empty() ? "proj_..." : "Enter for " + printable(before, 80);
    const std::optional<std::string> project = ask(fmt::format("OpenAI project id ({}): ", offer));
    if (project && !project->empty()) return *project;
    const bool left = !project && isatty(STDIN_FILENO) != 0;  // by Ctrl-D, which agrees to nothing
    if (!before.empty() && !left) return before;
    throw Error{Code::usage, "no project id was given"}.hint("Type it at the question, or name it with --project.");
}

}  // namespace

int set_up_account(const Arguments& arguments) {
    check_options(arguments);
    wire::SetAccount wanted;
    wanted.store = arguments.value("--store").value_or("");
    wanted.command = arguments.value("--command").value_or("");
    // As everywhere, a named account counts alone, whatever else the environment says.
    const std::string usual = environment("EPH_ACCOUNT").empty() ? environment("EPH_OPENAI_BASE_URL") : "";
    wanted.base_url = arguments.value("--base-url").value_or(usual);
    if (wanted.store != "command") wanted.admin_key = ask_key();
    wanted.project = arguments.value("--project").value_or("");
    if (wanted.project.empty()) wanted.project = ask_project();
    return run_task(set_up(std::move(wanted)));
}

}  // namespace eph

// EPH_ACCOUNT, and the question for a key that ephd has lost.
#include "client/commands/account.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "client/api_client.hpp"
#include "client/commands/provider_choice.hpp"
#include "client/terminal/terminal.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

// `eph broker` has it as its first word.
std::string provider_of(const Command& command, const Arguments& arguments) {
    if (command.name != "broker" || arguments.words.empty()) return eph::provider_of(arguments);
    return canonical_provider(arguments.words.front());
}

bool needs_account(const Command& command, const Arguments& arguments) {
    if (arguments.has("--prompt-key") || arguments.has("--key-command")) return false;
    if (command.name.starts_with("auth ") && command.name != "auth doctor") return false;
    return std::any_of(command.options.begin(), command.options.end(),
                       [](const Option& each) { return each.name == "--account"; });
}

// The account that the command will work with, if all that it lacks is a key that only its person has.
Task<int> look(std::string provider, wire::Account& lost) {
    ApiClient api{provider};
    const ApiAnswer answer = co_await api.call("GET", "/v1/accounts");
    const auto list = answer.as<wire::AccountList>();
    if (list.accounts.empty()) co_return 0;
    const wire::Account& meant = list.accounts.front();
    if (meant.provider == provider && meant.source == "memory" && meant.state != "ready") lost = meant;
    co_return 0;
}

Task<int> give(std::string provider, const Secret& key) {
    ApiClient api{provider};
    wire::SetAccount wanted;
    wanted.admin_key = key.reveal();
    std::string body = wire::encode(wanted);
    wipe(wanted.admin_key);
    (void)co_await api.call("PUT", "/v1/accounts/" + provider, std::move(body));
    co_return 0;
}

}  // namespace

void choose_account(const Arguments& arguments) {
    const std::optional<std::string> name = arguments.value("--account");
    if (!name) return;
    if (name->empty()) throw Error{Code::usage, "--account needs a name"};
    setenv("EPH_ACCOUNT", name->c_str(), 1);
}

void bring_account(const Command& command, const Arguments& arguments) {
    if (!needs_account(command, arguments) || isatty(STDIN_FILENO) == 0) return;
    const std::string provider = provider_of(command, arguments);
    wire::Account lost;
    try {
        run_task(look(provider, lost));
    } catch (const Error&) {
        return;  // the command itself will say it, if it matters to it
    }
    if (lost.name.empty()) return;
    const std::string_view word = credential_word(lost.makes_keys);
    const std::string whose = lost.makes_keys ? "project " + lost.project : lost.title;
    const std::optional<Secret> key = ask_secret(
        fmt::format("ephd was restarted and does not have the {} of the account {} ({}) any more.\n{} (not "
                    "shown): ",
                    word, printable(lost.name), printable(whose), lost.makes_keys ? "Admin key" : "API key"));
    if (!key || key->empty()) throw Error{Code::no_account, "no {} was given", word};
    run_task(give(provider, *key));
}

}  // namespace eph

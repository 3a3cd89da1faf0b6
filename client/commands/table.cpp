// The table of commands and options.
#include <array>
#include <iostream>

#include "client/commands/commands.hpp"
#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::size_t any_number = static_cast<std::size_t>(-1);

constexpr Option json{"--json", "", "print JSON instead"};
constexpr Option provider{"--provider", "NAME", "whose models, and whose key (openai, or the agent's)", '\0',
                          Names::provider};
constexpr Option account_provider{"--provider", "NAME", "whose account (openai)", '\0', Names::provider};
constexpr Option account{"--account", "NAME", "a stored account, by its name, instead of the default one", '\0',
                         Names::account};
constexpr Option ttl{"--ttl", "DURATION", "how long the key may live: 30m, 2h, 1h30m, 1d (default 2h)"};

constexpr Option local{"--local", "", "run on this machine, without ssh"};
constexpr Option prompt_key{"--prompt-key", "", "ask for a key of your own, which eph cannot revoke"};
constexpr Option key_command{"--key-command", "CMD", "the same, but CMD prints the key"};

constexpr Option via{"--via", "WAY", "key: the host gets a disposable key; broker: it gets none; auto (default)", '\0',
                     Names::via};
constexpr Option models{"--models", "LIST",         "through the broker: only these models, as in gpt-5*,o4-mini",
                        '\0',       Names::nothing, true};
constexpr Option max_requests{"--max-requests", "N", "through the broker: no more requests than these"};
constexpr Option max_tokens{"--max-tokens", "N", "through the broker: no more tokens, in and out together"};
constexpr Option budget{"--budget", "DOLLARS", "through the broker: no more money, 2.50 for instance"};
constexpr Option rpm{"--rpm", "N", "through the broker: no more requests in any minute"};

constexpr std::array session_options{
    ttl,
    Option{"--task", "TEXT", "the agent's task"},
    Option{"--task-file", "FILE", "read the task from FILE, - for stdin", '\0', Names::file},
    Option{"--agent", "NAME", "pi (the default), claude, codex, opencode or gemini", '\0', Names::agent},
    Option{"--model", "NAME", "the model, as the agent names it"},
    Option{"--thinking", "LEVEL", "off, minimal, low, medium, high, xhigh or max", '\0', Names::level},
    Option{"--agent-path", "PATH", "where the agent is on the host"},
    Option{"--remote-pi", "PATH", "the same, of Pi"},
    Option{"--npx", "", "no Pi on the host: npx fetches it for this session alone"},
    Option{"--pi-version", "VERSION", "which Pi --npx fetches (default: the newest)"},
    provider,
    via,
    models,
    max_requests,
    max_tokens,
    budget,
    rpm,
    prompt_key,
    key_command,
    account,
    local,
    Option{"--print", "", "print the answer and leave, also on a terminal"},
};
constexpr std::array exec_options{
    ttl,         Option{"--env", "NAME", "the variable that holds the key (default OPENAI_API_KEY, or the provider's)"},
    provider,    via,
    models,      max_requests,
    max_tokens,  budget,
    rpm,         prompt_key,
    key_command, account,
    local,
};
constexpr std::array broker_options{ttl,    models, max_requests, max_tokens,
                                    budget, rpm,    account,      Option{"--json", "", "print one line of JSON"}};
constexpr std::array json_only{json};
constexpr std::array key_list_options{json, account, Option{"--all", "", "also keys that are revoked"}};
constexpr std::array key_create_options{
    ttl,
    Option{"--scope", "SCOPE", "what the key may do, model.request for instance; repeatable", '\0', Names::nothing,
           true},
    provider,
    account,
    Option{"--print-env", "", "print export lines, for: eval \"$(eph keys create --print-env)\""},
    json};
constexpr std::array revoke_options{account, json};
constexpr std::array cleanup_options{Option{"--all", "", "also keys that are not over yet, of every machine"},
                                     Option{"--dry-run", "", "only list what would be revoked"},
                                     Option{"--yes", "", "do not ask before --all"}, account, json};
constexpr std::array log_options{Option{"--follow", "", "go on with what happens, until Ctrl-C", 'f'},
                                 Option{"--lines", "N", "how many of the last events (100)", 'n'},
                                 Option{"--json", "", "print a line of JSON an event"}};
constexpr std::array setup_options{
    Option{"--provider", "NAME", "whose account it is (openai)", '\0', Names::provider},
    Option{"--project", "ID", "the OpenAI project for disposable keys"},
    Option{"--account", "NAME", "a name for a further account (default: default)", '\0', Names::account},
    Option{"--store", "STORE", "file, keychain, secret-service, pass, command or memory (default: your system's)", '\0',
           Names::store},
    Option{"--command", "CMD", "for --store command: prints the key, as in: op read op://vault/item/key"},
    Option{"--base-url", "URL", "where the API is, /v1 included as in the provider's own, if not there"}};
constexpr std::array show_options{account_provider, account, json};
constexpr std::array clear_options{account_provider, account, Option{"--yes", "", "revoke its keys without asking"},
                                   json};
constexpr std::array doctor_options{account_provider, Option{"--live", "", "also make, use and revoke a key"}, account,
                                    json};
constexpr std::array daemon_end_options{
    Option{"--yes", "", "end the sessions and revoke the keys that live without asking"},
    Option{"--keep", "", "leave sessions and keys as they are, for the next ephd"},
    Option{"--force", "", "stop also while the provider has not confirmed each revocation"}};
constexpr std::array daemon_log_options{Option{"--follow", "", "go on as the log grows", 'f'},
                                        Option{"--lines", "N", "how many lines to begin with (100)", 'n'}};
constexpr std::array install_options{
    Option{"--pi-version", "VERSION", "this one, such as 1.5.2, instead of the newest"},
    Option{"--dry-run", "", "say what is there and what would be done, no more"}};

constexpr std::array table{
    Command{"run", "<host> [task...]", "run an agent on a host: eph <host> [task...]", session_options, 1, any_number,
            run_session, Names::host, Tail::task},
    Command{"exec", "<host> -- command...",
            "run any command with a disposable key\n"
            "On a host it starts in the home directory, with --local where you are. Its exit status is eph's.",
            exec_options, 2, any_number, exec_command, Names::host, Tail::command},
    Command{"broker", "<provider>",
            "let another program work through the broker\n"
            "Prints a base URL on this machine and a token, which are good for as long as it runs.",
            broker_options, 1, 1, serve_broker, Names::provider},
    Command{"status", "", "live keys, and what is still being revoked", json_only, 0, 0, show_status},
    Command{"sessions", "[session]", "the sessions of late, or all of one", json_only, 0, 1, list_sessions,
            Names::session},
    Command{"stop", "<session>", "end a session and revoke its key", json_only, 1, 1, stop_session, Names::session},
    Command{"extend", "<session> <duration>", "give a session and its key more time", json_only, 2, 2, extend_session,
            Names::session},
    Command{"log", "", "the audit trail: what happened, and who did it", log_options, 0, 0, show_log},
    Command{"keys create", "[label]", "make a key; it alone goes to standard output", key_create_options, 0, 1,
            create_key},
    Command{"keys list", "", "all keys of eph's, also of other machines", key_list_options, 0, 0, list_keys},
    Command{"keys revoke", "<key...>", "revoke keys, by id, name, or a beginning of it", revoke_options, 1, any_number,
            revoke_key, Names::key},
    Command{"cleanup", "", "revoke every key that is over", cleanup_options, 0, 0, clean_up},
    Command{
        "auth setup", "",
        "store an admin key, or a provider's API key\n"
        "OpenAI's admin key makes disposable keys. At other providers eph makes none: their API key stays here, and "
        "agents work through the broker.\n"
        "It is asked without echo, or is a line on standard input. It is checked against the API first. It is kept "
        "in the Keychain on macOS, else in the Secret Service "
        "where one\n"
        "answers, else in config.json with mode 0600; --store says otherwise.",
        setup_options, 0, 0, set_up_account},
    Command{"auth show", "", "the accounts there are", show_options, 0, 0, show_accounts},
    Command{"auth clear", "", "remove a stored account, its keys first", clear_options, 0, 0, clear_account},
    Command{"auth doctor", "", "check step by step that an account works", doctor_options, 0, 0, check_account},
    Command{
        "completion", "<shell>", "print completions for bash, zsh or fish", {}, 1, 1, print_completion, Names::shell},
    Command{"daemon install", "", "make ephd a service of yours", {}, 0, 0, install_ephd},
    Command{"daemon uninstall", "", "stop ephd and take the service away again", daemon_end_options, 0, 0,
            uninstall_ephd},
    Command{"daemon start", "", "start ephd: the service, if it is installed", {}, 0, 0, start_ephd},
    Command{"daemon stop", "", "end sessions, revoke keys, then stop ephd", daemon_end_options, 0, 0, stop_ephd},
    Command{"daemon restart", "", "start ephd anew; sessions go on", {}, 0, 0, restart_ephd},
    Command{"daemon status", "", "whether ephd runs, and who keeps it", json_only, 0, 0, show_ephd},
    Command{"daemon logs", "", "what ephd has logged", daemon_log_options, 0, 0, show_ephd_log},
    Command{"install-pi", "<host>",
            "install Pi on a host, without root\n"
            "For the user who logs in there. Looks first, and changes nothing where Pi is there already. Pi and, if "
            "the host's own is too old for it, "
            "Node\n"
            "come from npm's registry into a directory of their own, ~/.local/share/pi-node/<version>.",
            install_options, 1, 1, install_pi, Names::host},
    Command{"help", "[command]", "this overview, or a command's own help", {}, 0, 2, show_help, Names::command},
};

}  // namespace

const std::span<const Command> commands{table};

int show_help(const Arguments& arguments) {
    std::string name;
    for (const std::string& word : arguments.words) name += (name.empty() ? "" : " ") + word;
    for (const Command& each : commands) {
        if (each.name != name) continue;
        std::cout << help_for(each);
        return 0;
    }
    if (is_command_group(name)) {
        std::cout << help_for_group(name);
        return 0;
    }
    if (!name.empty())
        throw Error{Code::usage, "there is no command '{}'", printable(name, 80)}.hint("See eph --help.");
    std::cout << overview();
    return 0;
}

}  // namespace eph

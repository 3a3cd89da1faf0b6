// What each command's help and the manual say beyond its row in the table.
#include <array>

#include "client/cli.hpp"

namespace eph {
namespace {

constexpr std::array run_examples{
    Example{"eph portainer", "Pi on the host portainer of your ~/.ssh/config."},
    Example{"eph --ttl 30m web \"Why is the disk full? Change nothing before I agree.\"",
            "With a task, for half an hour at most."},
    Example{"eph web --task-file task.md --print >answer.md", "A long task; the answer goes into a file."},
    Example{"eph --local \"Review this directory.\"", "On this machine, without ssh."},
    Example{"eph web --npx \"What runs here?\"", "On a host that has Node.js, but no Pi; nothing of Pi stays there."},
    Example{"eph web --provider anthropic --model claude-sonnet-4-5 \"What runs here?\"",
            "Through the broker, with the key that eph auth setup --provider anthropic has stored."},
    Example{"eph web --via broker --budget 2.50 --models 'gpt-5*'", "OpenAI's key stays here; two and a half dollars."},
    Example{"eph web --provider anthropic --key-command 'pass show anthropic'", "With a key of your own."},
};
constexpr std::array exec_examples{
    Example{"eph exec web -- ./summarize-logs", "A program of yours that wants OPENAI_API_KEY."},
    Example{"eph exec web --env LLM_KEY --ttl 10m -- ./report | less", "Under another name, for ten minutes."},
    Example{"eph exec --local -- npm test", "On this machine."}};
constexpr std::array broker_examples{
    Example{"eph broker anthropic --ttl 1h --max-requests 100", "Shows what another program needs."},
    Example{"eph broker openai --json", "For a program that starts eph and reads the line."}};
constexpr std::array install_pi_examples{
    Example{"eph install-pi --dry-run web", "Says what it would do."},
    Example{"eph install-pi web --pi-version 0.87.1", "This version, beside any other that is there."}};
constexpr std::array stop_examples{Example{"eph stop 5h5l", "An id may be shortened, as long as it fits only one."}};
constexpr std::array extend_examples{Example{"eph extend 5h5l 30m", "Half an hour more, on top of what is left."}};
constexpr std::array log_examples{
    Example{"eph log -n 20 -f", "The last 20 events, and what follows."},
    Example{"eph log -n 1000 --json | jq 'select(.event == \"retry\")'", "Revocations that failed at first."}};
constexpr std::array create_examples{
    Example{"OPENAI_API_KEY=$(eph keys create ci --ttl 10m) ./nightly-tests",
            "A key for one program, for ten minutes."},
    Example{"eval \"$(eph keys create --print-env)\"", "A key for this shell."},
    Example{"eph keys create ci --scope model.request --scope api.responses.write", "A key that may do no more."}};
constexpr std::array list_examples{
    Example{"eph keys list --all --json | jq '.keys[] | select(.state != \"revoked\")'", "For a script."}};
constexpr std::array revoke_examples{Example{"eph keys revoke mvri", "By the beginning of its id."},
                                     Example{"eph keys revoke svc_acct_0123456789", "By the provider's id."}};
constexpr std::array cleanup_examples{Example{"eph cleanup", "From cron, on a machine where eph is seldom used."},
                                      Example{"eph cleanup --all --dry-run", "What would go, without a trace."}};
constexpr std::array setup_examples{
    Example{"eph auth setup", "Asks for what it needs."},
    Example{"pass show openai-admin | eph auth setup --project proj_0123", "The key from a pipe."},
    Example{"eph auth setup --account work --store command --command \"op read op://work/openai/admin-key\"",
            "A further account, whose key a password manager keeps."}};
constexpr std::array show_examples{Example{"eph auth show --json | jq '.accounts[].fingerprint'", "For a script."}};
constexpr std::array clear_examples{
    Example{"eph auth clear --account work --yes", "Revokes what lives, ends its sessions, and asks nothing."}};
constexpr std::array doctor_examples{
    Example{"eph auth doctor --live", "Makes a key, uses it, revokes it, and sees that it is refused."}};
constexpr std::array daemon_stop_examples{Example{"eph daemon stop --keep", "Leaves keys that live to the next ephd."}};
constexpr std::array daemon_log_examples{Example{"eph daemon logs -n 20 -f", "The last 20 lines, and what follows."}};
constexpr std::array completion_examples{
    Example{"eph completion bash >~/.local/share/bash-completion/completions/eph", "For bash, with bash-completion."},
    Example{"eval \"$(eph completion bash)\"", "For bash without it: this line in ~/.bashrc."},
    Example{"eph completion zsh >\"${fpath[1]}/_eph\"", "For zsh, after compinit."},
    Example{"eph completion fish >~/.config/fish/completions/eph.fish", "For fish."}};

constexpr std::array table{
    Prose{
        "run", Group::sessions,
        "eph makes a key for this one session, opens one SSH connection, starts Pi on the host with that key in its "
        "environment, and revokes the key when the agent ends, when Ctrl-C is pressed, when the terminal is closed, "
        "when the connection is lost, or when the time is up.\n"
        "Where a provider makes no keys, and with --via broker, no key leaves this machine: the agent works with a "
        "port on the host's own loopback, which ssh carries back to ephd, and a token that is worth nothing outside "
        "this session. There ephd puts the key in, and keeps to the session's limits: --models, --max-requests, "
        "--max-tokens, --budget and --rpm. What was used is said at the end. sshd has to allow the port "
        "(AllowTcpForwarding).\n"
        "With a terminal Pi opens its screen and stays; without one, or with --print, it answers and leaves. Options "
        "may stand before and behind the host; a word that looks like one but belongs to the task goes behind --.\n"
        "--agent runs Claude Code, Codex, opencode or Gemini CLI instead of Pi, where it is on the host: with a "
        "provider "
        "whose API it speaks, with state and settings of its own, and without what its namesake there has. Nothing of "
        "it stays.\n"
        "On Pi's screen the last line shows the host and the time left; a warning comes ten minutes and one minute "
        "before the end.\n"
        "--prompt-key and --key-command are for hosts to which nothing can be carried back: the key that you bring "
        "is handed over like one that eph has made, and the session ends like any other, but the key lives on until "
        "you revoke it yourself.",
        run_examples},
    Prose{"exec", Group::sessions,
          "The command is found as your login shell would find it. The key stands in one variable of its environment, "
          "beside it OPENAI_BASE_URL where OpenAI's API is not at its usual address. It has your terminal, if there is "
          "one; otherwise standard input and output go through it unchanged. The session, and the key, end like any "
          "other.\n"
          "Through the broker the variable holds the token, and the base URL stands in the variable that the "
          "provider's own programs read (OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL) and in "
          "EPH_BASE_URL; where a word of the command holds @EPH_PORT@, it gets the port.",
          exec_examples},
    Prose{
        "broker", Group::sessions,
        "A session without a host and without an agent: any program on this machine that is given the base URL and "
        "the token works through ephd, which puts the key in. It lasts until Ctrl-C, its time or eph stop, also over "
        "a restart of ephd; then the token opens nothing any more, and what was used is said on standard error.\n"
        "With --json standard output gets one line, {\"base_url\", \"token\", \"session\", \"expires_at\"}, as soon as "
        "it serves.",
        broker_examples},
    Prose{"status",
          Group::sessions,
          "First ephd itself, its ledger and its accounts. Every key that is not revoked stands there with the time it "
          "has left, and for each that ephd is still trying "
          "to revoke, what the provider says and when it is tried again.",
          {}},
    Prose{"sessions",
          Group::sessions,
          "Active ones first with the time they have left, then how each of the others ended, and what those through "
          "the broker have used. Of one session: its limits, and all that it used of each model.",
          {}},
    Prose{"stop", Group::sessions,
          "The agent is ended, the host is cleared, the key is revoked. The exit status is 0 only if the provider has "
          "confirmed that; otherwise ephd goes on trying.",
          stop_examples},
    Prose{"extend", Group::sessions,
          "The duration is added to the session's present end; from its start on a session may last as long as max_ttl "
          "in config.json. Its end here, the end in the key's name and OpenAI's own expiry are changed together: where "
          "one of them is refused, the session keeps its end.",
          extend_examples},
    Prose{
        "log", Group::sessions,
        "A line an event: when, what, key, session, host, who, and what there is to say. Nothing is ever taken out of "
        "it.\nWith --follow it goes on until Ctrl-C, also over a restart of ephd.",
        log_examples},
    Prose{
        "install-pi", Group::more,
        "It says what it finds on the host and what it will do before it does it, and running it again does no harm.\n"
        "Sessions look for Pi in that directory, and removing it removes all. Without npm on the host, Node is got "
        "with "
        "curl or wget and checked against a SHA-512 that eph knows. What fails, is interrupted or takes more than 15 "
        "minutes leaves nothing behind.",
        install_pi_examples},
    Prose{"keys create", Group::keys,
          "The key lives until its time is up or it is revoked, with no session around it. It is shown this once: "
          "neither eph nor ephd keeps it.\nWith --scope it is a restricted key of a service account without a role; "
          "the Responses API wants model.request, api.responses.read and api.responses.write.",
          create_examples},
    Prose{"keys list", Group::keys,
          "The ledger's keys, and those that the provider lists under names of eph's kind, which other machines have "
          "made; with the time of their last use, as far as the provider tells it. Every account is asked, or the one "
          "that your environment names.",
          list_examples},
    Prose{"keys revoke", Group::keys,
          "Any number of them. Ids are ephd's own, or the provider's: of the API key, of the service account or user. "
          "A session that uses "
          "the key is ended. The exit status is 0 only if the provider has confirmed each revocation.",
          revoke_examples},
    Prose{
        "cleanup", Group::keys,
        "Reads the whole of the provider's list, of every account or of the one that your environment names. A key is "
        "over when the time in its name has passed, so that any machine can clear up after any other. Names that are "
        "not of eph's kind are never touched.\nThe exit status is 0 only if nothing is left to try. On a terminal "
        "--all asks first.",
        cleanup_examples},
    Prose{
        "auth setup", Group::accounts,
        "You need an admin key that may manage service accounts, and a project for the disposable keys. What cannot be "
        "an admin key is refused before it is sent anywhere.\n"
        "Stores: keychain (macOS, by security), secret-service (GNOME Keyring, KWallet and the like, by secret-tool), "
        "pass, command (whatever prints the key), file (config.json), and memory, which is written nowhere: eph asks "
        "for the key again when ephd was restarted. An account that exists keeps its store and its project unless you "
        "say otherwise.",
        setup_examples},
    Prose{"auth show", Group::accounts,
          "Where their keys are kept, and when they last worked. The account that a session would use now stands "
          "first. An account without a name is one that only stands in "
          "an environment. No store is asked for it, so nothing has to be unlocked.",
          show_examples},
    Prose{
        "auth clear", Group::accounts,
        "If keys of the account are not revoked, it asks, revokes them, which ends their sessions, and waits until the "
        "provider has confirmed each. While one is not confirmed the account is kept, since nothing else could revoke "
        "it. The exit status is 0 only if the account is removed.",
        clear_examples},
    Prose{
        "auth doctor", Group::accounts,
        "Each step stands on a line of its own with the time it took; where one fails, the line below says what to do.",
        doctor_examples},
    Prose{"daemon install",
          Group::service,
          "It starts when you log in. Without it eph starts ephd when it needs it. As a service ephd also runs when "
          "you have not used eph since you "
          "logged in, so that what is due is revoked.\n"
          "On Linux these are two user units of systemd, on macOS an agent of launchd. An ephd that eph has started "
          "makes room for the service; sessions go on. It can be repeated, after an update for instance.",
          {}},
    Prose{"daemon uninstall",
          Group::service,
          "Ends what lives first, as eph daemon stop does. The ledger and the configuration stay.",
          {}},
    Prose{"daemon start", Group::service, "Also where EPH_NO_AUTOSTART is set.", {}},
    Prose{
        "daemon stop", Group::service,
        "It shows what it would end, asks, and waits until the provider has confirmed that each key is gone; while one "
        "is not, it does not stop ephd, because nobody would go on trying. The next command that needs ephd starts it "
        "again.",
        daemon_stop_examples},
    Prose{"daemon restart",
          Group::service,
          "For a new version, for instance. Each eph takes its session up again, for which it has 30 s; the agents "
          "notice nothing.",
          {}},
    Prose{"daemon status",
          Group::service,
          "Since when, of what version, and where its files are. It starts no ephd. The exit status is 0 if ephd runs, "
          "and 3 if not.",
          {}},
    Prose{"daemon logs", Group::service,
          "From systemd's journal where systemd keeps ephd, else from the file ephd.log beside the ledger.",
          daemon_log_examples},
    Prose{"completion", Group::more,
          "The script asks eph itself for what fits: hosts of ~/.ssh/config, live sessions and keys (of an ephd that "
          "runs; none is started), commands and options. A package of eph installs it for all three shells.",
          completion_examples},
    Prose{"help", Group::more, "", {}},
};

}  // namespace

const std::span<const Prose> all_prose{table};

}  // namespace eph

// The tables of variables, files and statuses.
#include "common/reference.hpp"

#include <array>

namespace eph::reference {
namespace {

constexpr std::array variable_table{
    Variable{"OPENAI_ADMIN_KEY, OPENAI_PROJECT_ID", Program::both, "the account, before what is stored",
             "The account. In eph's environment they come first, then those in ephd's, then what eph auth setup has "
             "stored. eph passes them to ephd over the socket and takes them out of the environment of whatever it "
             "starts."},
    Variable{"ANTHROPIC_API_KEY, GEMINI_API_KEY, <PROVIDER>_API_KEY", Program::both,
             "another provider's API key, before what is stored",
             "The API key of another provider, as OPENAI_ADMIN_KEY is OpenAI's: PROVIDERS in eph(1) names the variable "
             "of each. ephd keeps what eph passes to it for as long as sessions need it. ANTHROPIC_AUTH_TOKEN is not "
             "read: it is a token for a gateway."},
    Variable{"EPH_OPENAI_BASE_URL, EPH_<PROVIDER>_BASE_URL", Program::both, "where that provider's API is",
             "Where the provider's API is, /v1 included as in the provider's own base URL (EPH_MY_LAB_BASE_URL for a "
             "provider my-lab); plain http only to this machine. In eph's environment it needs the provider's key "
             "beside it, unless ephd goes there anyway. OPENAI_BASE_URL and the like are not read: a key must not go "
             "to a gateway that was meant for other keys."},
    Variable{"EPH_ACCOUNT", Program::eph, "a stored account, by its name",
             "The name of a stored account, where there are several; the option --account says the same."},
    Variable{"EPH_SOCKET", Program::both, "another socket of ephd's",
             "The path of ephd's socket, if not the usual one."},
    Variable{"EPH_NO_AUTOSTART", Program::eph, "if set, ephd is not started",
             "If set, eph does not start ephd where none listens, and says so instead."},
    Variable{"NO_COLOR", Program::eph, "if set, no colours", "If set, eph writes no colours."},
    Variable{"XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CONFIG_HOME", Program::both, "where files stand",
             "Where the socket, the ledger and the configuration stand; see FILES."},
    Variable{"HTTPS_PROXY, NO_PROXY", Program::ephd, "an HTTP proxy for the provider",
             "An http:// proxy through which the provider is reached, and the hosts that are reached without it."},
    Variable{"SSL_CERT_FILE", Program::ephd, "certificate authorities to trust",
             "A file of certificate authorities to trust instead of the system's."},
    Variable{"CREDENTIALS_DIRECTORY", Program::ephd, "systemd's credentials",
             "Set by systemd for a unit with credentials: openai-admin-key, openai-project-id and <provider>-api-key "
             "are read there, after the environment."},
};

constexpr std::array file_table{
    File{"$XDG_RUNTIME_DIR/eph/ephd.sock", "~/Library/Application Support/eph/ephd.sock",
         "ephd's socket, for its own user alone; /tmp/eph-<uid>/ephd.sock where there is no XDG_RUNTIME_DIR."},
    File{"$XDG_STATE_HOME/eph/ledger.db", "~/Library/Application Support/eph/ledger.db",
         "Every key and session and the audit trail, as an SQLite database (~/.local/state without the variable). "
         "Never a secret, a task or an answer. Beside it its -wal, -shm and .lock."},
    File{"$XDG_STATE_HOME/eph/ledger.db.damaged-<time>", "~/Library/Application Support/eph/ledger.db.damaged-<time>",
         "A ledger that was found to be damaged and set aside. eph status tells of it for as long as it lies there."},
    File{"$XDG_STATE_HOME/eph/ephd.log", "~/Library/Application Support/eph/ephd.log",
         "The log of an ephd that eph has started, rotated at 1 MB. A systemd service logs to the journal."},
    File{"$XDG_CONFIG_HOME/eph/config.json", "",
         "The configuration (~/.config without the variable); see eph-config(5)."},
    File{"~/.ssh/config", "", "Read by ssh, and for completing the names of hosts."},
    File{"/tmp/eph-<random>", "",
         "On the host of a session, for as long as it lives: the agent's configuration and temporary files."},
};

constexpr std::array status_table{
    ExitStatus{"0", "Done; or the agent ended with 0.", ""},
    ExitStatus{"1 to 255", "The agent's own status, whatever it is, once the agent has run.",
               "See what the agent said."},
    ExitStatus{"1", "eph cleanup, auth clear, daemon stop and uninstall: the answer to the question was no.",
               "Nothing was changed."},
    ExitStatus{"3", "eph daemon status: ephd does not run.", "The next command that needs it starts it."},
    ExitStatus{"64", "The command line asks for something that cannot be; no key was made.",
               "Read the message; eph <command> --help shows what is possible."},
    ExitStatus{"124", "The session's time was up.", "Ask for more with --ttl."},
    ExitStatus{"125", "eph or ephd failed, or a key could not be revoked yet.",
               "Read the message and its hint; eph status shows what is still being revoked and what hinders it."},
    ExitStatus{"126", "The agent on the host cannot be executed.", "Mend the file's mode there, or name another one."},
    ExitStatus{"127", "The agent was not found on the host.", "Install it there, or say where it is."},
    ExitStatus{"129, 130, 143",
               "The terminal was closed; Ctrl-C; SIGTERM, eph stop, or a key revoked by hand. In general 128+n for "
               "signal n.",
               ""},
    ExitStatus{"255",
               "ssh could not connect, or the connection was lost; or a signal ended the agent on its host, which ssh "
               "does not tell apart.",
               "Try: ssh <host> true"},
};

constexpr std::array code_table{
    ErrorCode{Code::usage, "What was asked for cannot be.", "Mend the command line or the request."},
    ErrorCode{Code::not_found, "There is no such key, session, account or route.",
              "See eph keys list and eph sessions for what there is."},
    ErrorCode{Code::ambiguous, "A shortened id or name fits more than one.", "Give more of it."},
    ErrorCode{Code::forbidden,
              "The peer may not ask this: another user, a web page, or a key sent to a strange address.",
              "Ask as the user whose ephd it is; see the message."},
    ErrorCode{Code::no_account, "No account for the provider is loaded.", "Run eph auth setup, then eph auth doctor."},
    ErrorCode{Code::provider_denied, "The provider does not accept the account's key or its permissions.",
              "Run eph auth doctor --live; make a new key if it was revoked."},
    ErrorCode{Code::provider_refused, "The provider understood and said no, or a key is not revoked yet.",
              "Read what it said; what is to be revoked is tried again until it is."},
    ErrorCode{Code::provider_unreachable, "There is no connection to the provider, or it broke.",
              "Check the network, HTTPS_PROXY and SSL_CERT_FILE of ephd."},
    ErrorCode{Code::provider_unreadable, "The provider's answer is not what its description says.",
              "Check the base URL; if it is right, report it with the message."},
    ErrorCode{Code::timeout, "Something did not answer in the time that is given to it.",
              "Try again; the message names who was silent."},
    ErrorCode{Code::session_over, "The session has ended.", "Start another one."},
    ErrorCode{Code::daemon_unreachable, "eph cannot reach or start ephd.",
              "See eph daemon logs, and whether ephd lies beside eph or on the PATH."},
    ErrorCode{Code::busy, "Another process holds what is needed.", "Wait for it, or end it."},
    ErrorCode{Code::remote_failed, "ssh or the host could not do its part.", "Try: ssh <host> true"},
    ErrorCode{Code::storage, "The ledger, the configuration or another file cannot be read or written.",
              "Mend the file or its mode, as the message says."},
    ErrorCode{Code::internal, "A fault of eph's own.", "Report it with the message and what eph daemon logs shows."},
};

}  // namespace

const std::span<const Variable> variables{variable_table};
const std::span<const File> files{file_table};
const std::span<const ExitStatus> exit_statuses{status_table};
const std::span<const ErrorCode> error_codes{code_table};

}  // namespace eph::reference

// eph daemon install, uninstall.
#include <array>

#include "client/commands/commands.hpp"
#include "client/commands/daemon_stop.hpp"
#include "client/services/kept.hpp"
#include "client/terminal/progress.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

ServiceManager& needed(const FoundManager& found) {
    if (found.manager) return *found.manager;
    throw Error{Code::not_found, "there is no service manager here that could keep ephd: {}", printable(found.why_not)}
        .hint(
            "Nothing has to be done: eph starts ephd when it needs it, and ephd then runs on until the machine goes "
            "down.");
}

// The ephd that eph started has to go: there is one to a ledger. A living session's eph may start one again in the same
// moment, so it is asked more than once; sessions go on either way.
void make_room(Kept& kept, std::vector<std::string>& done) {
    for (int tries = 0; tries < 5 && kept.status && !kept.managed(); ++tries) {
        kept.hand->stop(kept.status->pid);
        done.push_back(fmt::format("ended the ephd that eph had started (process {})", kept.status->pid));
        kept = look_at_ephd();
    }
}

void start_service(const FoundManager& found, bool changed, std::vector<std::string>& done) {
    const ServiceState before = found.manager->state();
    if (before.running && changed) {
        found.manager->restart(before.pid);
        done.emplace_back("restarted ephd; sessions go on");
    } else if (!before.running) {
        found.manager->start();
        done.emplace_back("started ephd");
    }
}

bool has_stored_account(const wire::Status& status) {
    for (const wire::Account& each : status.accounts) {
        if (each.source != "client") return true;
    }
    return false;
}

// What works in this shell and will not for a service, which has not got this shell's environment.
void warn_of_differences(Progress& progress, const ServiceManager& manager, const wire::Status& status) {
    if (!environment("OPENAI_ADMIN_KEY").empty() && !has_stored_account(status)) {
        progress.warn(
            "OPENAI_ADMIN_KEY is set in this shell only: ephd has it while keys live that were made with it, and not "
            "after a restart. To store it: eph auth setup");
    }
    constexpr std::array names{"EPH_OPENAI_BASE_URL", "HTTPS_PROXY",    "https_proxy",    "NO_PROXY", "no_proxy",
                               "SSL_CERT_FILE",       "XDG_STATE_HOME", "XDG_CONFIG_HOME"};
    for (const char* name : names) {
        if (!environment(name).empty() && !manager.sees(name))
            progress.warn(fmt::format("{} is set in this shell only: the service does not see it", name));
    }
    if (status.ledger != ledger_path())
        progress.warn(
            fmt::format("the service's ledger is {}, not {}", printable(status.ledger), ledger_path().string()));
}

}  // namespace

int install_ephd(const Arguments&) {
    if (!environment("EPH_SOCKET").empty()) {
        throw Error{Code::usage, "EPH_SOCKET names {}, and the service has a socket of its own", socket_path().string()}
            .hint("Unset EPH_SOCKET, then run eph daemon install again.");
    }
    Progress progress;
    Kept kept = look_at_ephd();
    kept.must_answer();
    ServiceManager& manager = needed(kept.found);
    std::vector<std::string> done;
    progress.step("installing ephd");
    const bool changed = manager.install(ephd_program(), done);
    kept = look_at_ephd();
    make_room(kept, done);
    const bool outdated = kept.status && kept.status->version != EPH_VERSION;
    start_service(kept.found, changed || outdated, done);
    for (const std::string& sentence : done) progress.say(printable(sentence));

    kept = look_at_ephd();
    if (!kept.status || !kept.managed()) {
        throw Error{Code::daemon_unreachable, "the service was started, but is not the ephd that answers on {}",
                    socket_path().string()}
            .hint("See: eph daemon status; eph daemon logs");
    }
    progress.say(fmt::format("ephd {} runs, process {}, kept by {}", printable(kept.status->version), kept.status->pid,
                             kept.found.manager->name()));
    progress.say(kept.found.manager->lingers()
                     ? "it runs from boot on, also while you are logged out (lingering)"
                     : "it ends when you log out, and goes on at your next login; to keep it running: loginctl "
                       "enable-linger");
    warn_of_differences(progress, *kept.found.manager, *kept.status);
    return 0;
}

int uninstall_ephd(const Arguments& arguments) {
    const Kept kept = look_at_ephd();
    ServiceManager& manager = needed(kept.found);
    end_ephd(kept, arguments);
    std::vector<std::string> done;
    manager.uninstall(done);
    Progress progress;
    if (done.empty()) done.emplace_back("ephd was not installed as a service");
    for (const std::string& sentence : done) progress.say(printable(sentence));
    progress.say(fmt::format("left as they are: the ledger {}, the configuration {}", ledger_path().string(),
                             config_path().string()));
    return 0;
}

}  // namespace eph

// ephd(8), from the options of its command line.
#include <fmt/format.h>

#include "daemon/options.hpp"
#include "docs/manual/pages.hpp"

namespace eph::manual {
namespace {

constexpr std::string_view duties =
    "Before a provider is asked for a key, a row for it stands in the ledger, so that whatever crashes, each key has a "
    "row "
    "that leads to it. A key is revoked when its session's connection closes, at its deadline, or when someone asks; a "
    "revocation that fails is tried again for as long as it takes, also after a restart. At its start and every hour "
    "ephd "
    "reads the provider's list and revokes what is over, whichever machine has made it.\n"
    "One ephd serves one ledger; a second one refuses to start. With systemd or launchd it takes over the socket that "
    "it "
    "is handed, and says when it is ready.";

constexpr std::string_view signals =
    "ephd accepts nothing more, waits for what it is creating and revoking, and ends. Living sessions stay in the "
    "ledger; an ephd that is back within 30 seconds takes them up again, and what nobody takes up is revoked.";

constexpr std::string_view security =
    "The socket is for the user of ephd alone: the peer's uid is checked on each connection, and requests of web pages "
    "are "
    "refused. Any program of that user can ask for keys.\n"
    "Admin keys lie in locked memory that is wiped. ephd cannot be dumped or traced by other processes of its user, "
    "leaves "
    "no core files, and logs no secret, no task and no answer.\n"
    "A stored admin key is sent to the base URL that is stored with it, and to no address that only a client names.";

}  // namespace

std::string ephd_page() {
    Page page{"ephd", 8, "make, record and revoke disposable API keys for eph"};
    page.section("SYNOPSIS");
    page.synopsis("ephd", "[options]");
    page.section("DESCRIPTION");
    page.paragraph(describe_daemon());
    page.paragraph(duties);
    page.section("OPTIONS");
    for (const OptionText& each : describe_options()) {
        std::string names = each.names;
        if (const std::size_t comma = names.find(','); comma != names.npos)
            names = names.substr(0, comma) + ", " + names.substr(comma + 1);
        page.entry(each.value.empty() ? names : names + " " + each.value, each.help);
    }
    page.section("SIGNALS");
    page.entry("SIGTERM, SIGINT", signals);
    add_environment(page, reference::Program::ephd);
    add_files(page);
    page.section("EXIT STATUS");
    for (const reference::ExitStatus& each : reference::exit_statuses) {
        if (each.status == "0") page.entry(each.status, "It was told to end, and did.");
        if (each.status == "64") page.entry(each.status, "The command line asks for something that cannot be.");
        if (each.status == "125") page.entry(each.status, "It could not start, or failed; its log says why.");
    }
    page.section("EXAMPLES");
    page.example("systemctl --user enable --now ephd.service",
                 "As a service of a user, from the units that are installed with eph.");
    page.example("curl --unix-socket $XDG_RUNTIME_DIR/eph/ephd.sock http://ephd/v1/status",
                 "The local API is HTTP and JSON; docs/api.yaml describes it.");
    page.section("SECURITY");
    page.paragraph(security);
    page.see_also("eph(1), eph-config(5), systemd.socket(5)");
    return page.text();
}

}  // namespace eph::manual

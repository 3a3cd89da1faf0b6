// eph daemon status: at one glance, whether ephd runs and who keeps it.
#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/services/kept.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr int not_running = 3;  // as systemctl status has it

std::size_t revoking_in(const wire::Status& status) {
    return static_cast<std::size_t>(std::count_if(status.keys.begin(), status.keys.end(),
                                                  [](const wire::Key& key) { return key.state == "revoking"; }));
}

std::string who_starts_it(const Kept& kept) {
    if (kept.service.listening) return "the next eph command starts it, through the service manager's socket";
    return "the next eph command that needs it starts it";
}

std::string at_login(const Kept& kept) {
    if (!kept.found.manager) return "no: there is no service manager here (" + printable(kept.found.why_not, 200) + ")";
    if (!kept.service.at_login) return "no; eph daemon install has it start when you log in";
    return "yes, " + kept.found.manager->name();
}

std::string at_logout(const Kept& kept) {
    if (kept.status && !kept.managed()) return "runs on, if the system lets it";
    if (kept.found.manager && kept.found.manager->lingers()) return "runs on (lingering)";
    return "ends, and goes on at the next login; loginctl enable-linger keeps it running";
}

void print(const Kept& kept) {
    std::vector<std::vector<std::string>> rows;
    if (kept.status) {
        const wire::Status& status = *kept.status;
        std::cout << fmt::format("ephd {} runs since {}, process {}\n", printable(status.version),
                                 when(status.started_at), status.pid);
        if (status.version != EPH_VERSION)
            std::cout << fmt::format("eph is {}: eph daemon restart brings them together\n", EPH_VERSION);
        rows.push_back({"kept by", kept.keeper().name()});
    } else {
        std::cout << "ephd does not run: " << who_starts_it(kept) << "\n";
    }
    rows.push_back({"at login", at_login(kept)});
    if (kept.status || kept.service.at_login) rows.push_back({"at logout", at_logout(kept)});
    if (kept.service.installed) rows.push_back({"service", kept.service.file.string()});
    rows.push_back({"socket", socket_path().string()});
    rows.push_back({"ledger", kept.status ? kept.status->ledger : ledger_path().string()});
    if (kept.status) {
        const std::size_t revoking = revoking_in(*kept.status);
        rows.push_back({"sessions", std::to_string(kept.status->sessions.size())});
        rows.push_back({"keys", fmt::format("{}{}", kept.status->keys.size(),
                                            revoking == 0 ? "" : fmt::format(", {} being revoked", revoking))});
    }
    std::cout << format_table(rows);
}

void print_json(const Kept& kept) {
    nlohmann::ordered_json document{{"running", kept.status.has_value()}, {"eph_version", EPH_VERSION}};
    if (kept.status) {
        document["version"] = kept.status->version;
        document["pid"] = kept.status->pid;
        document["started_at"] = kept.status->started_at;
        document["kept_by"] = kept.managed() ? "service" : "eph";
        document["sessions"] = kept.status->sessions.size();
        document["keys"] = kept.status->keys.size();
        document["revoking"] = revoking_in(*kept.status);
    }
    document["installed"] = kept.service.installed;
    document["listening"] = kept.service.listening;
    document["at_login"] = kept.service.at_login;
    document["lingering"] = kept.found.manager && kept.found.manager->lingers();
    document["service"] = kept.service.file.string();
    document["socket"] = socket_path().string();
    document["ledger"] = kept.status ? kept.status->ledger : ledger_path().string();
    std::cout << document.dump(2) << "\n";
}

}  // namespace

int show_ephd(const Arguments& arguments) {
    const Kept kept = look_at_ephd();
    kept.must_answer();
    if (arguments.has("--json")) {
        print_json(kept);
    } else {
        print(kept);
    }
    return kept.status ? 0 : not_running;
}

}  // namespace eph

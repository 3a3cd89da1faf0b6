// One GET /v1/status has it all, but for the providers.
#include "client/completion/sources.hpp"

#include <cstdlib>

#include "client/api_client.hpp"
#include "client/commands/table_text.hpp"
#include "client/completion/ssh_hosts.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

constexpr Duration patience = std::chrono::milliseconds{300};

Task<int> fetch(wire::Status& status) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/status", {}, patience);
    status = answer.as<wire::Status>();
    co_return 0;
}

Task<int> fetch(wire::ProviderList& list) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/providers", {}, patience);
    list = answer.as<wire::ProviderList>();
    co_return 0;
}

template <class Document>
Document from_running_ephd() {
    // Nobody's credentials are needed to look, and ephd is not to be started by a Tab.
    for (const char* variable : {"OPENAI_ADMIN_KEY", "OPENAI_PROJECT_ID", "EPH_OPENAI_BASE_URL", "EPH_ACCOUNT"}) {
        unsetenv(variable);
    }
    setenv("EPH_NO_AUTOSTART", "1", 1);
    Document document;
    run_task(fetch(document));
    return document;
}

std::vector<Candidate> find(Names names) {
    std::vector<Candidate> found;
    if (names == Names::host) {
        for (std::string& host : ssh_hosts(home_directory() / ".ssh")) found.push_back({std::move(host), "host"});
        return found;
    }
    if (names == Names::provider) {
        for (const wire::Provider& each : from_running_ephd<wire::ProviderList>().providers)
            found.push_back({each.name, printable(each.title, 60)});
        return found;
    }
    const auto status = from_running_ephd<wire::Status>();
    if (names == Names::session) {
        for (const wire::Session& each : status.sessions)
            found.push_back({each.id, fmt::format("{}, {} left", each.host, time_left(each.expires_at))});
    } else if (names == Names::key) {
        for (const wire::Key& each : status.keys) {
            found.push_back(
                {each.id, fmt::format("{} {}, {} left", each.state, each.name, time_left(each.expires_at))});
        }
        for (const wire::Key& each : status.keys) found.push_back({each.name, each.state});
    } else if (names == Names::account) {
        for (const wire::Account& each : status.accounts)
            if (!each.name.empty())
                found.push_back({each.name, each.project.empty() ? each.provider : each.provider + " " + each.project});
    }
    return found;
}

}  // namespace

std::vector<Candidate> known_here(Names names) {
    try {
        return find(names);
    } catch (const std::exception&) {
        return {};  // nobody wants to read about it between two words
    }
}

}  // namespace eph

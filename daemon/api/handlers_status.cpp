// Status, metrics and the audit trail.
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "common/error.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

constexpr std::size_t most_keys = 1000;  // in status: more would only hold up who waits for it

// What is wrong with the ledger, loudly.
std::vector<std::string> ledger_notes(Services& services) {
    std::vector<std::string> notes;
    if (const auto& trouble = services.ledger.trouble()) {
        notes.push_back(fmt::format(
            "since {}: {}. No new key is made until that is over; what is revoked meanwhile ({} keys) is recorded then",
            rfc3339(trouble->since), trouble->message, services.janitor.unrecorded()));
    }
    for (const std::filesystem::path& file : services.ledger.damaged_files()) {
        notes.push_back(
            fmt::format("the ledger was damaged and is set aside as {}: its sessions were ended, and its keys are "
                        "looked for in the "
                        "provider's list and revoked. Move the file elsewhere, or remove it, and this note goes",
                        file.string()));
    }
    return notes;
}

}  // namespace

Task<ApiReply> show_status(Services& services, const ApiRequest& request) {
    wire::Status status;
    status.version = EPH_VERSION;
    status.pid = getpid();
    status.started_at = to_millis(services.started) / 1000;
    status.ledger = services.ledger.file().string();
    if (!request.credential.empty()) {
        try {
            services.accounts.remember(request.credential);
        } catch (const Error& error) {
            status.notes.push_back(error.message());
        }
    }
    for (const KnownAccount& each : services.accounts.known(request.credential)) {
        status.accounts.push_back(view_account(services, each));
    }
    for (const std::string& note : services.accounts.notes()) status.notes.push_back(note);
    for (const std::string& note : services.broker.notes()) status.notes.push_back(note);
    for (std::string& note : ledger_notes(services)) status.notes.push_back(std::move(note));
    for (KeyRow& key : services.ledger.first_unsettled(most_keys)) {
        status.keys.push_back(view(services.janitor.with_hindrance(std::move(key))));
    }
    if (status.keys.size() == most_keys) {
        const std::int64_t more = services.ledger.count_keys().all() - static_cast<std::int64_t>(most_keys);
        if (more > 0) status.notes.push_back(fmt::format("{} more keys are not shown here: eph keys list", more));
    }
    for (const SessionRow& row : services.ledger.active_sessions()) {
        status.sessions.push_back(view_session(services, row));
    }
    ApiReply reply;
    reply.body = wire::encode(status);
    co_return reply;
}

Task<ApiReply> show_metrics(Services& services, const ApiRequest&) {
    const KeyCounts keys = services.ledger.count_keys();
    ApiReply reply;
    reply.content_type = "text/plain; version=0.0.4";
    reply.body = fmt::format(
        "# HELP eph_keys Keys that are not revoked yet, by state.\n# TYPE eph_keys gauge\n"
        "eph_keys{{state=\"creating\"}} {}\neph_keys{{state=\"live\"}} {}\neph_keys{{state=\"revoking\"}} {}\n"
        "# HELP eph_keys_retrying Keys whose revocation failed at least once and is tried again.\n# TYPE "
        "eph_keys_retrying gauge\n"
        "eph_keys_retrying {}\n"
        "# HELP eph_sessions_active Sessions that hold or await a lease.\n# TYPE eph_sessions_active "
        "gauge\neph_sessions_active {}\n"
        "# HELP process_start_time_seconds Start of ephd.\n# TYPE process_start_time_seconds "
        "gauge\nprocess_start_time_seconds {}\n",
        keys.creating, keys.live, keys.revoking, keys.retrying, services.sessions.active(),
        to_millis(services.started) / 1000);
    co_return reply;
}

namespace {

std::int64_t number(const ApiRequest& request, const std::string& name, std::int64_t most) {
    const std::string given = request.query_value(name);
    if (given.empty()) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    if (error != std::errc{} || end != given.data() + given.size() || value < 0)
        throw Error{Code::usage, "'{}' must be a number", name};
    return std::min(value, most);
}

}  // namespace

Task<ApiReply> list_events(Services& services, const ApiRequest& request) {
    constexpr std::size_t page = 1000;
    constexpr std::int64_t most_last = 100'000;
    constexpr std::int64_t longest_wait = 50;  // seconds: less than the silence after which a connection is closed
    const std::int64_t after = number(request, "after", INT64_MAX);
    const std::int64_t last = number(request, "last", most_last);
    const std::int64_t wait = number(request, "wait", longest_wait);
    std::vector<AuditRow> rows =
        last > 0 ? services.ledger.last_of_audit(static_cast<std::size_t>(last)) : services.ledger.audit(after, page);
    const auto until = Signal::Clock::now() + std::chrono::seconds{wait};
    while (rows.empty() && Signal::Clock::now() < until) {
        co_await services.noted.wait_until(until);
        rows = services.ledger.audit(after, page);
    }
    wire::AuditList list;
    for (const AuditRow& row : rows) list.events.push_back(view(row));
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

}  // namespace eph

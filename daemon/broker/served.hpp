// One session of the broker's with all that serves it. Included only by the sources of broker/.
#pragma once

#include "daemon/async/clients.hpp"
#include "daemon/broker/broker.hpp"

namespace eph {

struct Broker::Served {
    Served(asio::any_io_executor executor, const SessionRow& row, std::unique_ptr<Endpoint> where,
           std::size_t most_connections)
        : id(row.id),
          host(row.host),
          place(row.broker->place),
          fingerprint(row.broker->fingerprint),
          endpoint(std::move(where)),
          listening(executor),
          streams(executor),
          turned_away(executor),
          clients(executor, most_connections),
          fetched(executor) {}

    std::int64_t good_answers() const {
        const Meter& meter = session->meter;
        return meter.usage().requests - meter.usage().failed - static_cast<std::int64_t>(meter.in_flight());
    }

    // Whether the trail has not heard of it for a minute; from now on it has.
    bool is_news(const std::string& reason) {
        constexpr Duration told_again_after = std::chrono::minutes{1};
        Timestamp& at = told[reason];
        if (now() - at < told_again_after) return false;
        at = now();
        return true;
    }

    SessionId id;
    std::string host;
    Place place;  // of the account
    std::string fingerprint;
    std::shared_ptr<Brokered> session;

    std::unique_ptr<Endpoint> endpoint;
    TaskGroup listening;
    TaskGroup streams;
    TaskGroup turned_away;  // connections that came when the session was over
    Clients clients;        // all of them

    AccountRef account;  // that the key is the credential of; nothing: it was made for the session
    bool fetching = false;
    std::uint64_t fetches = 0;  // that have ended
    Signal fetched;
    std::optional<Error> failure;  // of the last one

    std::optional<std::int64_t> denied_after;  // so many good answers the provider said 401; none: not, or long ago
    std::map<std::string, Timestamp> told;     // what the trail heard of, and when
    bool unsaved = false;
    bool agent_gone = false;
    bool summed_up = false;
};

}  // namespace eph

// A session through the broker without an agent: a base URL on this machine and a token, for any other program.
#pragma once

#include <boost/asio/io_context.hpp>

#include "client/api_client.hpp"
#include "client/session/inbox.hpp"
#include "client/terminal/progress.hpp"

namespace eph {

struct ServingPlan {
    std::string provider;
    wire::Limits limits;
    std::optional<Duration> ttl;
    bool json = false;
};

class Serving {
public:
    Serving(boost::asio::io_context& context, ServingPlan plan, Progress& progress)
        : context_(context),
          plan_(std::move(plan)),
          progress_(progress),
          api_(plan_.provider),
          inbox_(context.get_executor()) {}

    // The exit status for eph. Throws Error for what failed before it served, and for an end that ephd brought.
    Task<int> run();

private:
    void on(const KeyMade& made);
    void on(const KeyFailed& failed);
    void on(const LeaseSaid& said);
    void on(const LeaseLost&);
    void on(const Signalled& signalled);
    void on(const Broken& broken);
    template <class Other>
    void on(const Other&) {}  // of sessions with an agent

    void show(const wire::Issued& issued);
    Task<void> finish();
    void spawn(Task<void> work);

    boost::asio::io_context& context_;
    ServingPlan plan_;
    Progress& progress_;
    ApiClient api_;
    Inbox inbox_;
    wire::Account account_;
    std::string session_;
    Timestamp ends_at_{};
    std::string reason_;         // of the end, for the ledger
    std::optional<int> status_;  // set: it is over
    std::optional<Error> failure_;
};

}  // namespace eph

// The life of a session's endpoint: opened, opened again by the next ephd, closed.
#include "daemon/broker/broker.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <boost/asio/steady_timer.hpp>

#include "common/error.hpp"
#include "daemon/bounds.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/broker/relay.hpp"
#include "daemon/broker/served.hpp"
#include "daemon/broker/upstreams.hpp"

namespace eph {
namespace {

constexpr Duration last_words = std::chrono::seconds{30};   // for an agent to hear that its session is over
constexpr Duration to_cut = std::chrono::seconds{5};        // a stream, at most
constexpr Duration to_try_again = std::chrono::seconds{2};  // to open what another program has in use

}  // namespace

Broker::Broker(asio::any_io_executor executor, std::filesystem::path directory, Ledger& ledger, Accounts& accounts,
               HttpsClient& https, Sessions& sessions, const Prices& prices, TaskGroup& tasks,
               std::size_t most_descriptors)
    : executor_(executor),
      directory_(std::move(directory)),
      ledger_(ledger),
      accounts_(accounts),
      https_(https),
      sessions_(sessions),
      prices_(prices),
      tasks_(tasks),
      most_descriptors_(most_descriptors),
      used_(executor),
      left_(executor),
      settled_(executor) {}

Broker::~Broker() = default;

Broker::ServedRef Broker::find(const SessionId& session) const {
    const auto found = served_.find(session);
    return found == served_.end() ? nullptr : found->second;
}

Broker::ServedRef Broker::make(const SessionRow& row, std::unique_ptr<Endpoint> endpoint) {
    const BrokerRow& broker = row.broker.value();
    const SessionId id = row.id;
    prices_.look();  // a price that has changed counts from here on, and not only within a second
    Upstream upstream = upstream_for(row.provider, accounts_.config(), parse_base_url(broker.place.base_url));
    Meter meter{broker.limits, prices_, upstream.name, broker.usage};
    auto served = std::make_shared<Served>(executor_, row, std::move(endpoint),
                                           std::min(bounds::agent_connections, most_descriptors_ / 4));
    served->session = std::shared_ptr<Brokered>(
        new Brokered{id, std::move(upstream), broker.token_hash, std::move(meter), false, Signal{executor_},
                     [this, id] { return key(id); }, [this, id](const KeyRef& key) { key_refused(id, key); },
                     [this, id] { used(id); }, [this, id](const Refusal& refusal) { refused(id, refusal); }});
    return served;
}

Task<StartedBroker> Broker::start(AccountRef account, BrokerRequest request, std::string actor) {
    if (descriptors() + 3 > most_descriptors_) {
        throw Error{Code::busy, "ephd has too many files open for another session through the broker"}.hint(
            "End one of those that run (eph sessions), or raise the limit where ephd is started: ulimit -n 4096");
    }
    SessionRow row;
    row.id = SessionId::make();
    row.host = request.session.host;
    row.provider = account->place.provider;
    auto endpoint = request.on_port ? std::make_unique<Endpoint>(executor_, std::uint16_t{0})
                                    : std::make_unique<Endpoint>(executor_, endpoint_path(directory_, row.id));
    endpoint->open();  // first, so that nothing has to be taken back where it cannot be
    std::string token = "eph-" + random_text(40);
    StartedBroker started;
    BrokerRow& broker = row.broker.emplace();
    broker.token_hash = token_hash(token);
    started.token = Secret::take(token);
    broker.port = endpoint->port();
    broker.place = account->place;
    broker.fingerprint = account->fingerprint;
    broker.limits = request.limits;
    started.endpoint.socket = endpoint->socket().string();
    started.endpoint.port = endpoint->port();
    const ServedRef served = make(row, std::move(endpoint));
    started.endpoint.base_path = "/" + served->session->upstream.name + served->session->upstream.base_path;
    request.session.id = row.id;
    request.session.broker = row.broker;
    if (account->makes_keys) {
        StartedSession session = co_await sessions_.start(account, std::move(request.session), std::move(actor));
        served->session->held_key = std::make_shared<const Secret>(std::move(session.issued.secret));
        started.key = std::move(session.issued.key);
        started.note = std::move(session.issued.note);
        started.lease = std::move(session.lease);
    } else {
        started.lease = sessions_.start_without_key(row.provider, std::move(request.session), std::move(actor));
        served->session->held_key = KeyRef{account, &account->secret};
        served->account = account;
    }
    serve(served);
    co_return started;
}

void Broker::serve(const ServedRef& served) {
    served_[served->id] = served;
    served->listening.spawn("listening for the agent of session " + served->id.text(), listen(served));
}

void Broker::resume() {
    remove_stale_endpoints(executor_, directory_);
    for (const SessionRow& row : ledger_.active_sessions()) {
        if (!row.broker) continue;
        try {
            auto endpoint = row.broker->port != 0
                                ? std::make_unique<Endpoint>(executor_, static_cast<std::uint16_t>(row.broker->port))
                                : std::make_unique<Endpoint>(executor_, endpoint_path(directory_, row.id));
            serve(make(row, std::move(endpoint)));
        } catch (const Error& error) {  // the configuration no longer has its provider
            spdlog::error("session {} cannot go on: {}", row.id.text(), error.message());
            sessions_.end(row.id, "not_resumed", std::nullopt, "ephd");
        }
    }
}

Task<void> Broker::listen(ServedRef served) {
    for (bool told = false; !served->endpoint->is_open();) {
        try {
            served->endpoint->open();
        } catch (const Error& error) {
            if (!told) spdlog::error("session {}: {}", served->id.text(), error.message());
            told = true;
        }
        if (!told) break;
        asio::steady_timer pause{executor_, to_try_again};
        co_await pause.async_wait(use_awaitable);
    }
    for (;;) {
        co_await room(served);
        std::optional<Endpoint::Socket> socket = co_await served->endpoint->accept();
        if (!socket) co_return;
        TaskGroup& group = served->session->over ? served->turned_away : served->streams;
        group.spawn("serving the agent of session " + served->id.text(), connection(std::move(*socket), served));
    }
}

std::size_t Broker::descriptors() const {
    std::size_t sum = 0;
    for (const auto& [id, served] : served_) sum += 1 + 2 * served->clients.size();
    return sum;
}

// For another connection, of this session and of all together. Where there is none, whom ephd waits for makes it: first
// one of the session that has the most.
Task<void> Broker::room(ServedRef served) {
    co_await served->clients.room();
    while (descriptors() + 2 > most_descriptors_) {
        const auto most = std::max_element(served_.begin(), served_.end(), [](const auto& a, const auto& b) {
            return a.second->clients.size() < b.second->clients.size();
        });
        if (most != served_.end()) (void)most->second->clients.cut_one();
        co_await left_.wait();
    }
}

Task<void> Broker::connection(Endpoint::Socket socket, ServedRef served) {
    struct Told {
        Signal& left;
        ~Told() { left.notify(); }
    } told{left_};
    co_await serve_agent(std::move(socket), served->session, https_, RelayLimits{}, &served->clients);
}

void Broker::agent_is_gone(const SessionId& session) {
    if (const ServedRef served = find(session)) served->agent_gone = true;
}

void Broker::session_over(const SessionId& session) {
    const ServedRef served = find(session);
    if (!served || served->session->over) return;
    served->session->over = true;
    served->session->settled.notify();
    if (served->agent_gone) served->endpoint->close();
    tasks_.spawn("ending the broker of session " + session.text(), retire(served));
}

// Cuts what is under way, sums up, and answers 403 for a while to an agent that asks again: it then stops, where a
// connection that is refused would be tried again and again.
Task<void> Broker::retire(ServedRef served) {
    served->streams.cancel(asio::cancellation_type::terminal);
    const bool cut = co_await served->streams.drained(to_cut);
    if (!cut) spdlog::warn("session {}: a stream could not be cut in time", served->id.text());
    served->session->held_key.reset();  // who still asks gets a no, and that takes no key
    served->account.reset();
    sum_up(*served);
    served->summed_up = true;
    settled_.notify();
    if (!served->agent_gone) {
        asio::steady_timer pause{executor_, last_words};
        co_await pause.async_wait(use_awaitable);
    }
    served->endpoint->close();
    for (TaskGroup* group : {&served->listening, &served->turned_away, &served->streams}) {
        group->cancel(asio::cancellation_type::terminal);
        while (!co_await group->drained(to_cut)) {
        }
    }
    served_.erase(served->id);
    left_.notify();
}

Task<void> Broker::settled(SessionId session) {
    const auto until = Signal::Clock::now() + to_cut;
    for (;;) {
        const ServedRef served = find(session);
        if (!served || served->summed_up || Signal::Clock::now() >= until) co_return;
        co_await settled_.wait_until(until);
    }
}

void Broker::suspend() {
    for (const auto& [id, served] : served_) {
        served->listening.cancel(asio::cancellation_type::terminal);
        if (served->session->over) {
            served->endpoint->close();
        } else {
            served->endpoint->suspend();
        }
    }
}

Task<void> Broker::drain(Duration grace) {
    const auto until = Signal::Clock::now() + grace;
    suspend();
    const std::map<SessionId, ServedRef> all = served_;
    for (const auto& [id, served] : all) {
        while (served->session->meter.in_flight() > 0 && Signal::Clock::now() < until)
            co_await served->session->settled.wait_until(until);
    }
    for (const auto& [id, served] : all) {
        for (TaskGroup* group : {&served->listening, &served->streams, &served->turned_away}) {
            group->cancel(asio::cancellation_type::terminal);
            (void)co_await group->drained(to_cut);
        }
    }
    save();
}

}  // namespace eph

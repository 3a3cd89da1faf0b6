// Wiring, start and drain.
#include "daemon/app.hpp"

#include <csignal>

#include <spdlog/spdlog.h>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/paths.hpp"

namespace eph {
namespace {

std::string first_of(const char* upper, const char* lower) {
    const std::string value = environment(upper);
    return value.empty() ? environment(lower) : value;
}

HttpLimits http_limits(const bounds::DescriptorPlan& descriptors) {
    HttpLimits limits;
    limits.idle_connections = descriptors.pool;
    return limits;
}

}  // namespace

App::App(asio::io_context& context, const Options& options, FoundCredentials found)
    : context_(context),
      descriptors_(bounds::plan_descriptors(bounds::raise_descriptor_limit())),
      ledger_(options.ledger),
      accounts_(context.get_executor(), options.config, std::move(found)),
      https_(http_limits(descriptors_), first_of("HTTPS_PROXY", "https_proxy"), first_of("NO_PROXY", "no_proxy")),
      openai_(https_),
      noted_(context.get_executor()),
      damaged_(context.get_executor()),
      background_(context.get_executor()),
      janitor_(context.get_executor(), ledger_, accounts_, openai_, background_),
      sessions_(context.get_executor(), ledger_, accounts_, openai_, janitor_, background_, descriptors_.creations),
      prices_(options.config.parent_path() / "prices.json"),
      broker_(context.get_executor(), options.socket.parent_path(), ledger_, accounts_, https_, sessions_, prices_,
              background_, descriptors_.agents),
      services_{ledger_, accounts_, https_, openai_, janitor_, sessions_, broker_, noted_, started_},
      clients_(context.get_executor()),
      listener_(context.get_executor(), options.socket, activated_socket(), descriptors_.clients),
      ready_descriptor_(options.ready_descriptor) {
    ledger_.flush_beside(context.get_executor());
    janitor_.on_revoking = [this](const KeyRow& key, const std::string& reason) { sessions_.key_over(key, reason); };
    sessions_.on_over = [this](const SessionId& session) { broker_.session_over(session); };
    ledger_.on_note([this] { noted_.notify(); });
    ledger_.on_damage([this] { damaged_.notify(); });
    accounts_.on_loaded = [this](const Place& place) { janitor_.account_loaded(place); };
    accounts_.in_use = [this](const Place& place) { return ledger_.fingerprints_in_use(place); };
    openai_.on_denied = [this](const AccountRef& account) { accounts_.refused(account); };
}

void App::start() {
    const std::size_t unfinished = ledger_.revoke_unfinished(now());
    if (unfinished > 0)
        spdlog::warn("{} keys were being created when ephd ended; looking for them by name", unfinished);
    sessions_.resume();
    broker_.resume();
    background_.spawn("looking after the ledger", look_after_ledger());
    background_.spawn("bringing the ledger to its disk", ledger_.keep_durable());
    background_.spawn("janitor", janitor_.run());
    background_.spawn("sessions", sessions_.watch());
    background_.spawn("recording what sessions use", broker_.keep_records());
    background_.spawn("reconciling", janitor_.reconcile_hourly());
    background_.spawn("accepting clients", listener_.accept(services_, clients_, stopping_));
    notify_service_manager("READY=1");
    notify_starter(ready_descriptor_);
    spdlog::info("ephd " EPH_VERSION " is ready, ledger {}", ledger_.file().string());
    give_back_memory();
}

Task<void> App::run() {
    asio::signal_set signals{context_, SIGTERM, SIGINT};
    start();
    co_await signals.async_wait(use_awaitable);
    spdlog::info("stopping");
    notify_service_manager("STOPPING=1");
    co_await drain();
}

// A ledger that proves to be damaged is set aside. Its sessions are over: nobody knows any more which they were.
Task<void> App::look_after_ledger() {
    for (;;) {
        while (!ledger_.damaged()) co_await damaged_.wait();
        try {
            ledger_.start_anew();
            sessions_.forget_all("ledger_damaged");
            janitor_.start_anew();
            continue;
        } catch (const std::exception& error) {
            spdlog::error("a damaged ledger cannot be set aside yet: {}", error.what());
        }
        asio::steady_timer pause{context_, after_ledger_trouble};
        co_await pause.async_wait(use_awaitable);
    }
}

// No new clients, nor requests of agents; what is being created or revoked, and answers that are under way, may end;
// the rest is cancelled. Sessions stay in the ledger: their clients take them up again with the next ephd.
Task<void> App::drain() {
    constexpr Duration grace = std::chrono::seconds{10};
    constexpr Duration creation = std::chrono::seconds{35};  // the limit of one answer, and a little
    constexpr Duration answers = std::chrono::seconds{5};
    constexpr Duration last_words = std::chrono::milliseconds{100};  // for answers that are on their way to a client
    stopping_ = true;
    listener_.close();
    broker_.suspend();
    co_await sessions_.idle(creation);
    co_await janitor_.idle(grace);
    co_await broker_.drain(answers);
    co_await clients_.drained(last_words);
    clients_.cancel(asio::cancellation_type::terminal);
    background_.cancel(asio::cancellation_type::terminal);
    const bool clients_gone = co_await clients_.drained(grace);
    const bool background_gone = co_await background_.drained(grace);
    if (!clients_gone || !background_gone) spdlog::warn("not everything ended in time");
}

}  // namespace eph

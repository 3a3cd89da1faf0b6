// By a signal_set.
#include "client/session/signals.hpp"

#include <csignal>

#include <boost/asio/signal_set.hpp>

namespace eph {

Task<void> watch_signals(Inbox& inbox) {
    asio::signal_set signals{co_await asio::this_coro::executor, SIGCHLD, SIGTERM};
    for (const int number : {SIGINT, SIGQUIT, SIGHUP}) {
        struct sigaction inherited {};
        if (sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) signals.add(number);
    }
    for (;;) {
        const int number = co_await signals.async_wait(use_awaitable);
        if (number == SIGCHLD) {
            inbox.push(ChildChanged{});
        } else {
            inbox.push(Signalled{number});
        }
    }
}

}  // namespace eph

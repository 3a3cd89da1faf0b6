// posix_spawn(3), pipes and SIGCHLD.
#include "daemon/async/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include "common/async/signal.hpp"
#include "common/async/within.hpp"
#include "common/child_process.hpp"
#include "common/duration.hpp"
#include "common/error.hpp"

namespace eph {
namespace {

constexpr std::size_t most_output = 64 * 1024;

class Pipe {
public:
    Pipe() {
        if (pipe(ends_.data()) != 0) throw Error{Code::internal, "cannot make a pipe: {}", std::strerror(errno)};
        for (const int end : ends_) fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    ~Pipe() { close_read(), close_write(); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int read_end() const { return ends_[0]; }
    int write_end() const { return ends_[1]; }
    int take_read_end() { return std::exchange(ends_[0], -1); }
    void close_read() { shut(ends_[0]); }
    void close_write() { shut(ends_[1]); }

private:
    static void shut(int& end) {
        if (end >= 0) close(end);
        end = -1;
    }
    std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

pid_t spawn(std::vector<std::string>& command, const Pipe& in, const Pipe& out, const Pipe& err) {
    close_on_exec_from(3);  // also what libraries have opened
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read_end(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.write_end(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.write_end(), 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int each : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&usual, each);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> settings = clean_environment();
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> environment = pointers(settings);
    pid_t child = -1;
    const int failure = posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failure == 0) return child;
    throw Error{failure == ENOENT ? Code::not_found : Code::internal, "cannot run {}: {}", command[0],
                std::strerror(failure)};
}

// A child and what is read of it. When it goes while the child lives, the child's whole group is killed.
struct Running {
    Running(asio::any_io_executor executor, std::vector<std::string>& command, const Secret& input)
        : deaths(executor, SIGCHLD), out(executor), err(executor), read(executor) {
        Pipe in, from_out, from_err;
        // Small enough for the pipe to hold it all, so that nobody has to wait for the child to read.
        const std::string_view text = input.reveal();
        if (write(in.write_end(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            throw Error{Code::internal, "cannot write to a pipe"};
        in.close_write();
        pid = spawn(command, in, from_out, from_err);
        out.assign(from_out.take_read_end());
        err.assign(from_err.take_read_end());
    }
    ~Running() {
        if (ended()) return;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);  // it may have left its group
        // One that cannot be killed (it has become another user's, by sudo say) must not be waited for: a zombie of
        // it is the smaller evil.
        for (int look = 0; look < 50 && !ended(); ++look) usleep(2000);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    bool ended() {
        if (status) return true;
        int raw = 0;
        const pid_t got = waitpid(pid, &raw, WNOHANG);
        if (got == 0) return false;
        status = got != pid ? -1 : WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
        return true;
    }

    asio::signal_set deaths;
    asio::posix::stream_descriptor out;
    asio::posix::stream_descriptor err;
    Signal read;
    int reading = 2;
    bool heard = false;  // what is still written is of no interest
    pid_t pid = -1;
    std::optional<int> status;
    ProgramEnd end;
};

// What comes beyond the limit is read, so that the child does not wait, and forgotten.
Task<void> collect(Running& child, asio::posix::stream_descriptor& from, std::string& into) {
    std::array<char, 16384> piece{};
    into.reserve(sizeof piece);
    while (!child.heard) {  // the cancellation alone would miss a read that is complete already
        const auto [failure, size] = co_await from.async_read_some(asio::buffer(piece), as_result);
        if (failure) break;
        into.append(piece.data(), std::min(size, most_output - into.size()));
        wipe_range(piece.data(), size);
    }
    --child.reading;
    child.read.notify();
}

// A grandchild may hold the pipes for ever: what the child itself wrote has come when this short time is over.
Task<void> reap(Running& child) {
    constexpr Duration last_words = std::chrono::milliseconds{200};
    while (!child.ended()) co_await child.deaths.async_wait(use_awaitable);
    const auto until = Signal::Clock::now() + last_words;
    while (child.reading > 0 && Signal::Clock::now() < until) co_await child.read.wait_until(until);
    child.heard = true;
    child.out.cancel();
    child.err.cancel();
}

Task<ProgramEnd> run(std::vector<std::string> command, Secret input) {
    const auto executor = co_await asio::this_coro::executor;
    Running child{executor, command, input};
    input = Secret{};
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, collect(child, child.out, child.end.out), asio::deferred),
        asio::co_spawn(executor, collect(child, child.err, child.end.err), asio::deferred),
        asio::co_spawn(executor, reap(child), asio::deferred));
    auto [order, out_failure, err_failure, failure] =
        co_await group.async_wait(asio::experimental::wait_for_all(), use_awaitable);
    if (failure) std::rethrow_exception(failure);
    child.end.status = child.status.value_or(-1);
    co_return std::move(child.end);
}

}  // namespace

Task<ProgramEnd> run_program(std::vector<std::string> command, Secret input, Duration limit) {
    std::string sentence = fmt::format("{} did not answer within {}", command[0], format_duration(limit));
    co_return co_await within(limit, run(std::move(command), std::move(input)), std::move(sentence));
}

}  // namespace eph

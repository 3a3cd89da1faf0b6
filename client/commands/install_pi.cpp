// eph install-pi <host>: sends the installation over one ssh connection and says what it hears.
#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include "client/commands/commands.hpp"
#include "client/remote/child.hpp"
#include "client/remote/install.hpp"
#include "client/remote/transport.hpp"
#include "client/terminal/progress.hpp"
#include "common/async/within.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration whole_limit = std::chrono::minutes{15};
constexpr Duration clean_up_limit = std::chrono::seconds{10};
constexpr int ssh_failed = 255;

class Installation {
public:
    Installation(asio::io_context& context, std::string host, InstallRequest request)
        : context_(context),
          host_(std::move(host)),
          mark_(request.place.mark),
          input_(install_input(request)),
          ssh_(context.get_executor(), SshQuestion{context.get_executor(), host_}.answer().keeper(input_),
               Streams::piped) {}

    // The exit status for eph. Throws Error.
    Task<int> run();

private:
    void on(const InstallLine& line);
    void close_input();
    Task<void> feed();
    Task<void> watch_signals();
    Task<void> read_output();
    Task<void> read_errors();
    Task<void> let_it_end();
    Task<void> pause(Duration length);
    Error failure() const;

    asio::io_context& context_;
    std::string host_;
    SessionMark mark_;
    std::string input_;
    Child ssh_;
    Progress progress_;
    std::vector<std::string> ssh_said_;
    std::string hint_;
    std::optional<std::string> error_;
    bool succeeded_ = false;
    int signal_ = 0;
};

void Installation::on(const InstallLine& line) {
    const std::string text = printable(line.detail, 2000);
    switch (line.state) {
        case InstallLine::State::step:
            progress_.step(fmt::format("{}: {}", host_, text));
            return;
        case InstallLine::State::found:
        case InstallLine::State::plan:
            progress_.say(fmt::format("{}: {}", host_, text));
            return;
        case InstallLine::State::result:
            succeeded_ = true;
            progress_.say(fmt::format("{}: {}", host_, text));
            return;
        case InstallLine::State::note:
            progress_.warn(fmt::format("{}: {}", host_, text));
            return;
        case InstallLine::State::hint:
            hint_ = text;
            return;
        case InstallLine::State::error:
            error_ = text;
            return;
    }
}

// The end of its stdin ends the installation, and its output with it.
void Installation::close_input() {
    boost::system::error_code ignored;
    ssh_.input().close(ignored);
}

Task<void> Installation::feed() {
    co_await asio::async_write(ssh_.input(), asio::buffer(input_), as_result);  // a failure shows on the output
}

Task<void> Installation::read_output() {
    std::string buffer;
    while (auto line = co_await read_line(ssh_.output(), buffer)) {
        if (const auto said = parse_install_line(*line, mark_)) on(*said);
        if (succeeded_ || error_) close_input();
    }
}

Task<void> Installation::read_errors() {
    constexpr std::size_t most_lines = 20;
    std::string buffer;
    while (auto line = co_await read_line(ssh_.errors(), buffer)) {
        if (ssh_said_.size() < most_lines) ssh_said_.push_back(std::move(*line));
    }
}

Task<void> Installation::watch_signals() {
    asio::signal_set signals{context_, SIGTERM};
    for (const int number : {SIGINT, SIGHUP}) {
        struct sigaction inherited {};
        if (sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) signals.add(number);
    }
    signal_ = co_await signals.async_wait(use_awaitable);
    progress_.step(fmt::format("{}: interrupted, cleaning up", host_));
    close_input();
    // Whoever interrupts again waits no longer; a host that does not answer is left to find its connection dead.
    try {
        co_await within(clean_up_limit, signals.async_wait(use_awaitable), "");
    } catch (const Error&) {
    }
    ssh_.signal(SIGKILL);
}

// Until ssh is gone, which is when the host has cleaned up; for so long at most.
Task<void> Installation::let_it_end() {
    close_input();
    const auto until = std::chrono::steady_clock::now() + clean_up_limit;
    while (!ssh_.ended() && std::chrono::steady_clock::now() < until) co_await pause(std::chrono::milliseconds{10});
    ssh_.signal(SIGKILL);
    // Ctrl-C reaches ssh and eph alike, and ssh may be gone before eph has heard of it.
    if (!succeeded_ && !error_ && signal_ == 0) co_await pause(std::chrono::milliseconds{50});
}

Task<void> Installation::pause(Duration length) {
    asio::steady_timer timer{context_, length};
    co_await timer.async_wait(as_result);
}

Error Installation::failure() const {
    if (error_) return Error{Code::remote_failed, "cannot install Pi on {}: {}", host_, *error_}.hint(hint_);
    return Error{Code::remote_failed, "the installation on {} ended without saying how", host_}.hint(
        fmt::format("Check that this prints 'fine': ssh {} sh -c 'echo fine'", host_));
}

Task<int> Installation::run() {
    progress_.step(host_ + ": connecting");
    for (Task<void> (Installation::*work)() :
         {&Installation::feed, &Installation::read_errors, &Installation::watch_signals}) {
        asio::co_spawn(context_, (this->*work)(), [](std::exception_ptr) {});  // what fails shows on the output
    }
    bool late = false;
    try {
        co_await within(whole_limit, read_output(), "");
    } catch (const Error& error) {
        if (error.code() != Code::timeout) throw;
        late = true;
    }
    co_await let_it_end();
    progress_.clear();
    if (succeeded_) co_return 0;
    if (signal_ != 0) {
        progress_.say(fmt::format("{}: interrupted; what was begun there is removed", host_));
        co_return 128 + signal_;
    }
    if (late) throw Error{Code::timeout, "Pi was not installed on {} within 15 minutes", host_}.hint("Try it again.");
    for (const std::string& line : ssh_said_) {
        if (!error_) progress_.relay(line);
    }
    if (error_ || ssh_.ended().value_or(ssh_failed) != ssh_failed) throw failure();
    Error unreachable{Code::remote_failed, "ssh could not open a session on {}, or lost it", host_};
    progress_.fail(std::move(unreachable).hint(fmt::format("Check with: ssh {} true", host_)));
    co_return ssh_failed;
}

}  // namespace

int install_pi(const Arguments& arguments) {
    InstallRequest request{.place = {SessionMark::make()}};
    request.version = arguments.value("--pi-version");
    if (request.version) check_version(*request.version);
    request.dry_run = arguments.has("--dry-run");
    asio::io_context context{1};
    Installation installation{context, arguments.words.front(), std::move(request)};
    std::exception_ptr failure;
    int status = 0;
    asio::co_spawn(context, installation.run(), [&](std::exception_ptr thrown, int result) {
        failure = thrown;
        status = result;
        context.stop();
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    return status;
}

}  // namespace eph

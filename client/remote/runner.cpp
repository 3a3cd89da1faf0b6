// When it begins, and which of the two it is.
#include "client/remote/runner.hpp"

#include <unistd.h>

#include "client/remote/file_watch.hpp"

namespace eph {
namespace {

constexpr int lost = 255;  // as ssh has it

}  // namespace

Runner::Runner(boost::asio::any_io_executor executor, const Transport& transport, const SessionPlace& place,
               RunnerStdin stdin_is, std::vector<std::string> withheld)
    : executor_(std::move(executor)),
      transport_(transport),
      place_(place),
      stdin_is_(stdin_is),
      withheld_(std::move(withheld)),
      is_program_(transport.is_local() || stdin_is == RunnerStdin::terminal),
      went_(executor_),
      word_(executor_) {}

void Runner::start_program() {
    program_ = std::make_unique<Child>(executor_, transport_.runner(place_, stdin_is_), Streams::inherited, withheld_);
}

void Runner::go() {
    going_ = true;
    if (is_program_) start_program();
    if (channel_) say_go();
    went_.notify();
}

// The first words of the host's answer to a login wait in its kernel until ssh has something to say (Nagle's algorithm,
// and acknowledgements that are delayed by 40 ms). So a second channel that is asked for at once does not only save its
// own time later: the keeper's begins 40 ms sooner. Where the master opens none, an ssh of its own connects anew.
Task<void> Runner::run() {
    if (is_program_) co_return;
    std::string socket = transport_.control_socket();
    if (may_wait()) (void)co_await appears(std::move(socket));
    if (status_) co_return;  // it was ended meanwhile
    co_await open_channel();
    if (channel_ && going_) say_go();
    if (channel_) {
        const int status = co_await channel_->ended();
        if (going_ && !status_) status_ = status;
    }
    if (status_) co_return;
    channel_.reset();  // none was opened, or it ended before it was told to go
    while (!going_) co_await went_.wait();
    status_ = lost;  // should no ssh start
    start_program();
}

Task<void> Runner::open_channel() {
    std::array<int, 2> ends{-1, -1};
    if (may_wait()) {
        if (pipe(ends.data()) != 0) co_return;
        word_.assign(ends[1]);
    }
    const std::array<int, 3> streams{may_wait() ? ends[0] : STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    std::string socket = transport_.control_socket();
    ChannelRequest request = transport_.channel(place_, may_wait(), withheld_);
    std::unique_ptr<Channel> opened = co_await Channel::open(std::move(socket), std::move(request), streams);
    if (ends[0] >= 0) close(ends[0]);
    if (!status_) channel_ = std::move(opened);  // else it was ended meanwhile
}

// Not before: the directory's name is nobody's to know while it is not made.
void Runner::say_go() {
    if (!word_.is_open()) return;
    const std::string word = place_.directory() + '\n';
    boost::system::error_code ignored;
    (void)!write(word_.native_handle(), word.data(), word.size());
    word_.close(ignored);
}

std::optional<int> Runner::ended() { return program_ ? program_->ended() : status_; }

void Runner::signal(int number) {
    if (program_) return program_->signal(number);
    if (!status_) status_ = lost;
    boost::system::error_code ignored;
    word_.close(ignored);
    if (channel_) channel_->close();
    went_.notify();
}

}  // namespace eph

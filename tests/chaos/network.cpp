// A loop around poll(2).
#include "tests/chaos/network.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/loopback.hpp"

namespace eph::chaos {
namespace {

using test::loopback;

int listener(int& port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(descriptor, 128) != 0 ||
        getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the network cannot listen on loopback");
    port = ntohs(address.sin_port);
    return descriptor;
}

void reset(int descriptor) {
    const linger at_once{1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(descriptor);
}

struct End {
    int descriptor = -1;
    std::string waiting;  // to be written to it
    bool read_out = false, told = false;
};

struct Line {
    End ends[2];
    bool broken = false;
    void drop() {
        for (End& end : ends) reset(end.descriptor);
    }
};

void read_from(Line& line, int which) {
    char piece[65536];
    const ssize_t got = recv(line.ends[which].descriptor, piece, sizeof piece, 0);
    if (got > 0) line.ends[1 - which].waiting.append(piece, static_cast<std::size_t>(got));
    if (got == 0) line.ends[which].read_out = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) line.broken = true;
}

void write_to(Line& line, int which) {
    End& end = line.ends[which];
    if (!end.waiting.empty()) {
        const ssize_t sent = send(end.descriptor, end.waiting.data(), end.waiting.size(), MSG_NOSIGNAL);
        if (sent > 0) end.waiting.erase(0, static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR) line.broken = true;
    }
    if (end.waiting.empty() && line.ends[1 - which].read_out && !end.told) {
        shutdown(end.descriptor, SHUT_WR);
        end.told = true;
    }
}

class Relay {
public:
    Relay(int listening, int control, int to_port) : listening_(listening), control_(control), to_port_(to_port) {}

    [[noreturn]] void run() {
        for (;;) {
            std::vector<pollfd> waits{{control_, POLLIN, 0}, {listening_, POLLIN, 0}};
            if (mode_ != 's') ask_lines(waits);
            if (poll(waits.data(), waits.size(), -1) < 0) continue;
            if (waits[0].revents != 0) obey();
            if (waits[1].revents != 0) take();
            if (waits.size() > 2) serve(waits);
        }
    }

private:
    void ask_lines(std::vector<pollfd>& waits) {
        constexpr std::size_t most = 1 << 20;
        for (const Line& line : lines_) {
            for (int i : {0, 1}) {
                const End& end = line.ends[i];
                short events = 0;
                if (!end.read_out && line.ends[1 - i].waiting.size() < most) events |= POLLIN;
                if (!end.waiting.empty() || (line.ends[1 - i].read_out && !end.told)) events |= POLLOUT;
                waits.push_back({events == 0 ? -1 : end.descriptor, events, 0});
            }
        }
    }

    void obey() {
        const ssize_t got = read(control_, &mode_, 1);
        if (got == 0) _exit(0);
        if (mode_ != 'c') return;
        for (Line& line : lines_) line.drop();
        lines_.clear();
    }

    void take() {
        const int came = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (came < 0) return;
        if (mode_ == 'c') return reset(came);
        const int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(to_port_);
        if (connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            close(to);
            return reset(came);
        }
        fcntl(to, F_SETFL, O_NONBLOCK);
        Line& line = lines_.emplace_back();
        line.ends[0].descriptor = came;
        line.ends[1].descriptor = to;
    }

    // `waits` has those lines that there were when it was made, two each; what has come or gone since is behind them.
    void serve(const std::vector<pollfd>& waits) {
        auto line = lines_.begin();
        for (std::size_t at = 2; at + 1 < waits.size() && line != lines_.end(); at += 2) {
            for (int i : {0, 1}) {
                const short events = waits[at + static_cast<std::size_t>(i)].revents;
                if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !line->ends[i].read_out) read_from(*line, i);
                if ((events & (POLLERR)) != 0) line->broken = true;
            }
            for (int i : {0, 1}) write_to(*line, i);
            const bool over = line->broken || (line->ends[0].told && line->ends[1].told);
            if (line->broken) line->drop();
            if (over && !line->broken) {
                for (End& end : line->ends) close(end.descriptor);
            }
            line = over ? lines_.erase(line) : std::next(line);
        }
    }

    int listening_, control_, to_port_;
    char mode_ = 'p';
    std::list<Line> lines_;
};

}  // namespace

Network::Network(int to_port) {
    const int listening = listener(port_);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) throw std::runtime_error("no socketpair");
    pid_ = fork();
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        Relay{listening, pair[1], to_port}.run();
    }
    close(listening);
    close(pair[1]);
    control_ = pair[0];
}

Network::~Network() {
    close(control_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void Network::say(char what) {
    if (write(control_, &what, 1) != 1) throw std::runtime_error("the network has gone");
}

}  // namespace eph::chaos

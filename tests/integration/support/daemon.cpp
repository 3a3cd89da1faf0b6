// Starting ephd, hearing that it is ready, talking to it.
#include "tests/integration/support/daemon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

// The socket that a service manager would hear READY=1 on.
class NotifySocket {
public:
    explicit NotifySocket(const std::filesystem::path& path) : descriptor_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
        fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        unlink(path.c_str());
        REQUIRE(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~NotifySocket() { close(descriptor_); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    bool ready(Program& program, Limit limit) {
        return eventually(
                   [&] {
                       pollfd wanted{descriptor_, POLLIN, 0};
                       return poll(&wanted, 1, 50) == 1 || !program.running();
                   },
                   limit) &&
               said() == "READY=1";
    }

private:
    std::string said() {
        char text[256];
        const ssize_t n = recv(descriptor_, text, sizeof text, MSG_DONTWAIT);
        return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
    }

    int descriptor_;
};

}  // namespace

LeaseConnection::LeaseConnection(const std::filesystem::path& socket, const std::string& method,
                                 const std::string& target, const Json& body, const Variables& headers)
    : connection_(socket) {
    connection_.request(method, target, body.is_null() ? "" : body.dump(), headers);
}

std::optional<Json> LeaseConnection::event(Limit limit) {
    if (status_ == 0) status_ = connection_.head(limit);
    const auto line = connection_.line(limit);
    if (!line) return std::nullopt;
    return Json::parse(*line);
}

std::string LeaseConnection::rest() {
    const Reply reply = connection_.reply();
    status_ = reply.status;
    return reply.text;
}

Variables Daemon::account(const Sim& sim) {
    return {{"OPENAI_ADMIN_KEY", admin_key}, {"OPENAI_PROJECT_ID", project}, {"EPH_OPENAI_BASE_URL", sim.base_url()}};
}

Daemon::Daemon(const TempHome& home, Variables extra, std::vector<std::string> options, std::vector<std::string> before)
    : home_(home), variables_(home.variables) {
    for (auto& [name, value] : extra) variables_[name] = value;
    variables_["NOTIFY_SOCKET"] = home.path("notify");
    argv_ = std::move(before);
    argv_.push_back(EPHD);
    argv_.insert(argv_.end(), options.begin(), options.end());
    start();
}

Daemon::~Daemon() {
    if (!program_ || !program_->running()) return;
    UNSCOPED_INFO("ephd: " << program_->err());
}

void Daemon::start() {
    NotifySocket notify{variables_.at("NOTIFY_SOCKET")};
    program_ = std::make_unique<Program>(argv_, variables_);
    if (!notify.ready(*program_, 20s)) FAIL("ephd did not become ready: " << program_->err());
}

void Daemon::start_halted() {
    std::vector<std::string> argv{"sh", "-c", "kill -STOP $$; exec \"$@\"", "sh"};
    argv.insert(argv.end(), argv_.begin(), argv_.end());
    program_ = std::make_unique<Program>(argv, variables_);
    const auto halted = [&] {
        siginfo_t info{};
        return waitid(P_PID, static_cast<id_t>(pid()), &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
    };
    if (!eventually(halted)) FAIL("a halted process did not halt: " << program_->err());
}

bool Daemon::go_on() {
    NotifySocket notify{variables_.at("NOTIFY_SOCKET")};
    program_->signal(SIGCONT);
    return notify.ready(*program_, 20s);
}

Finished Daemon::stop(Limit limit) {
    program_->signal(SIGTERM);
    return program_->wait(limit);
}

void Daemon::kill9() {
    program_->signal(SIGKILL);
    program_->wait();
}

Reply Daemon::call(const std::string& method, const std::string& target, const Json& body, const Variables& headers) {
    HttpConnection connection{home_.socket()};
    connection.request(method, target, body.is_null() ? "" : body.dump(), headers);
    return connection.reply();
}

Json Daemon::get(const std::string& target) {
    const Reply reply = call("GET", target);
    INFO(target << ": " << reply.text);
    REQUIRE(reply.status == 200);
    return reply.json();
}

Json Daemon::post(const std::string& target, const Json& body, int status, const Variables& headers) {
    const Reply reply = call("POST", target, body, headers);
    INFO(target << ": " << reply.text << program_->err());
    REQUIRE(reply.status == status);
    return reply.json();
}

std::unique_ptr<LeaseConnection> Daemon::session(const Json& body, const Variables& headers) {
    return std::make_unique<LeaseConnection>(home_.socket(), "POST", "/v1/sessions", body, headers);
}

std::unique_ptr<LeaseConnection> Daemon::lease(const std::string& session) {
    return std::make_unique<LeaseConnection>(home_.socket(), "GET", "/v1/sessions/" + session + "/lease", nullptr,
                                             Variables{});
}

bool Daemon::becomes(const std::string& id, const std::string& state, Limit limit) {
    const bool came = eventually([&] { return key(id).at("state") == state; }, limit);
    if (!came) UNSCOPED_INFO(key(id).dump(1) << program_->err());
    return came;
}

Json Daemon::wait_for_key(const std::string& state, Limit limit) {
    Json found;
    const bool came = eventually(
        [&] {
            const Json keys = get("/v1/keys?all=1").at("keys");
            if (keys.empty()) return false;
            found = keys.at(0);
            return found.at("state") == state;
        },
        limit);
    INFO(found.dump(1) << program_->err());
    REQUIRE(came);
    return found;
}

}  // namespace eph::test

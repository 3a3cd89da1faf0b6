// A running ephd, and its API.
#pragma once

#include <memory>

#include "tests/integration/support/home.hpp"
#include "tests/integration/support/http.hpp"
#include "tests/integration/support/sim.hpp"

namespace eph::test {

// The lease of a session: the connection that keeps it alive.
class LeaseConnection {
public:
    LeaseConnection(const std::filesystem::path& socket, const std::string& method, const std::string& target,
                    const Json& body, const Variables& headers);

    int status() const { return status_; }
    std::optional<Json> event(Limit limit = 30s);  // nothing: the stream has ended
    std::string rest();                            // of an answer that is no stream
    void close() { connection_.close(); }

private:
    HttpConnection connection_;
    int status_ = 0;
};

class Daemon {
public:
    // Starts ephd and returns when it has said READY=1. Fails the test when it does not.
    explicit Daemon(const TempHome& home, Variables extra = {}, std::vector<std::string> options = {},
                    std::vector<std::string> before = {});  // words before ephd's own, which become it
    Daemon(const TempHome& home, const Sim& sim) : Daemon(home, account(sim)) {}
    ~Daemon();

    static Variables account(const Sim& sim);  // the environment with an account at that provider

    void start();
    void start_halted();               // the process is there, and stands still until go_on()
    bool go_on();                      // false: it ended without becoming ready
    Finished stop(Limit limit = 30s);  // SIGTERM
    void kill9();
    Program& program() { return *program_; }
    pid_t pid() const { return program_->pid(); }

    Reply call(const std::string& method, const std::string& target, const Json& body = nullptr,
               const Variables& headers = {});
    Json get(const std::string& target);  // fails the test for anything but 200
    Json post(const std::string& target, const Json& body, int status, const Variables& headers = {});
    std::unique_ptr<LeaseConnection> session(const Json& body, const Variables& headers = {});
    std::unique_ptr<LeaseConnection> lease(const std::string& session);

    Json create_key(const Json& body = Json::object()) { return post("/v1/keys", body, 201); }
    Json key(const std::string& id) { return get("/v1/keys/" + id); }
    bool becomes(const std::string& key, const std::string& state, Limit limit = 20s);
    Json wait_for_key(const std::string& state, Limit limit = 20s);  // the only unsettled key, once it is in that state

private:
    const TempHome& home_;
    Variables variables_;
    std::vector<std::string> argv_;
    std::unique_ptr<Program> program_;
};

// An ephd with an account at a provider, and a home for both: what most tests begin with.
struct DaemonAndSim {
    explicit DaemonAndSim(std::vector<std::string> sim_options = {}) : sim(std::move(sim_options)), ephd(home, sim) {}

    Sim sim;
    TempHome home;
    Daemon ephd;
};

}  // namespace eph::test

// A running eph-sim, and its control API.
#pragma once

#include <csignal>

#include "tests/integration/support/http.hpp"

namespace eph::test {

inline constexpr const char* admin_key = "sk-admin-integration-test";
inline constexpr const char* project = "proj_test";

class Sim {
public:
    explicit Sim(std::vector<std::string> options = {});

    int port() const { return port_; }
    std::string base_url() const { return base_url_; }

    Json control(const std::string& method, const std::string& path, const Json& body = nullptr);
    Json state() { return control("GET", "/_sim/state"); }
    int live_keys() { return state().at("live_keys"); }
    bool has(const std::string& name);             // an account of that name that is not deleted
    Json requests(const std::string& match = "");  // words that method, path and query hold
    void fault(const Json& fault) { control("POST", "/_sim/faults", fault); }
    void clear_faults() { control("DELETE", "/_sim/faults"); }
    void seed(const std::string& name, int count = 1);
    void pause() { program_.signal(SIGSTOP); }  // nothing is answered until it goes on
    void go_on() { program_.signal(SIGCONT); }

    // Waits until so many fitting requests have come (been answered); fails the test when they do not.
    void wait_for(const std::string& match, int count = 1, Limit limit = 20s);
    void wait_for_answered(const std::string& match, int count = 1, Limit limit = 20s);

private:
    void wait(const std::string& match, int count, Limit limit, bool answered);

    Program program_;
    std::string base_url_;
    int port_ = 0;
};

}  // namespace eph::test

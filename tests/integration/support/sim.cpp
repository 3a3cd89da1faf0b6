// Starting eph-sim and talking to its control API.
#include "tests/integration/support/sim.hpp"

#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

std::vector<std::string> command(std::vector<std::string> options) {
    options.insert(options.begin(), {EPH_SIM, "--die-with-parent", "--admin-key", admin_key, "--project", project});
    return options;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) result += c == ' ' ? "%20" : c == '?' ? "%3F" : std::string(1, c);
    return result;
}

}  // namespace

Sim::Sim(std::vector<std::string> options) : program_(command(std::move(options)), {}) {
    program_.wait_for_out("\n");
    const std::string line = program_.out();  // "listening http://127.0.0.1:PORT/v1"
    base_url_ = line.substr(10, line.find('\n') - 10);
    port_ = std::stoi(base_url_.substr(base_url_.rfind(':') + 1));
}

Json Sim::control(const std::string& method, const std::string& path, const Json& body) {
    HttpConnection connection{port_};
    connection.request(method, path, body.is_null() ? "" : body.dump());
    const Reply reply = connection.reply();
    INFO(method << " " << path << ": " << reply.text);
    REQUIRE(reply.status == 200);
    return reply.json();
}

bool Sim::has(const std::string& name) {
    const Json all = state();
    for (const Json& account : all.at("accounts")) {
        if (account.at("name") == name && account.at("deleted") == false) return true;
    }
    return false;
}

Json Sim::requests(const std::string& match) { return control("GET", "/_sim/requests?match=" + escaped(match)); }

void Sim::seed(const std::string& name, int count) {
    control("POST", "/_sim/accounts", {{"name", name}, {"count", count}});
}

void Sim::wait(const std::string& match, int count, Limit limit, bool answered) {
    HttpConnection connection{port_};
    connection.request("GET", "/_sim/wait?match=" + escaped(match) + "&count=" + std::to_string(count) +
                                  "&timeout_ms=" + std::to_string(limit.count()) + (answered ? "&answered=1" : ""));
    if (connection.reply(limit + 10s).status == 200) return;
    FAIL("fewer than " << count << " requests of '" << match << "' came to eph-sim: " << requests().dump(1));
}

void Sim::wait_for(const std::string& match, int count, Limit limit) { wait(match, count, limit, false); }
void Sim::wait_for_answered(const std::string& match, int count, Limit limit) { wait(match, count, limit, true); }

}  // namespace eph::test

// Sessions through the broker by a real ssh: the way back, what the host has of it, and that nothing of it stays.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

// Asks once, by the base URL and the credential that it was given. Its answer ends with the HTTP status.
const std::string asks =
    "curl -sS -w ' %{http_code}\\n' -H \"Authorization: Bearer $OPENAI_API_KEY\" -H 'Content-Type: application/json' "
    "-d '{\"model\":\"gpt-5\",\"input\":\"hello\"}' \"$OPENAI_BASE_URL/responses\"\n";
const std::string says_where = "echo \"dir=/tmp/eph-$EPH_SESSION/x\"\necho \"url=$OPENAI_BASE_URL\"\n";

std::string field(const std::string& said, const std::string& name) {
    const std::size_t at = said.find(name + "=");
    if (at == said.npos) FAIL("no " << name << " in: " << said);
    const std::size_t from = at + name.size() + 1;
    return said.substr(from, said.find_first_of("\r\n", from) - from);
}

int port_of(const std::string& said) {
    const std::string url = field(said, "url");
    return std::stoi(url.substr(std::string{"http://127.0.0.1:"}.size()));
}

bool nobody_listens(int port) {
    return eventually([&] {
        try {
            HttpConnection connection{port};
        } catch (const std::runtime_error&) {
            return true;
        }
        return false;
    });
}

struct BrokerWorld : World {
    explicit BrokerWorld(const std::string& sshd_lines = "") : World({}, sshd_lines) {
        host.tool("ask", says_where + asks);
    }

    std::vector<std::string> exec(std::vector<std::string> options, const std::string& script) const {
        options.insert(options.begin(), {"exec", "testhost", "--via", "broker"});
        options.insert(options.end(), {"--", "sh", "-c", script});
        return options;
    }
    bool socket_gone() const {
        return eventually([&] {
            for (const auto& entry : std::filesystem::directory_iterator{home.socket().parent_path()}) {
                if (entry.path().filename().string().starts_with("b-")) return false;
            }
            return true;
        });
    }
};

}  // namespace

TEST_CASE_METHOD(BrokerWorld, "an agent on a host works through the broker, and the key never leaves this machine") {
    const Finished done = eph(exec({}, says_where + asks + "env; ls -A /tmp/eph-$EPH_SESSION"));
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("You said: hello"));
    CHECK_THAT(done.out, Contains(" 200\n"));
    CHECK_THAT(done.err, Contains("eph: testhost: sh starts through the broker, until "));
    const std::string real = sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    CHECK(done.out.find(real) == done.out.npos);
    CHECK_THAT(done.out, Contains("OPENAI_API_KEY=eph-"));
    CHECK(sim.requests("POST /v1/responses").at(0).at("credential") ==
          sim.state().at("accounts").at(0).at("keys").at(0).at("id"));
    CHECK(nothing_left(directory(done.out)));
    CHECK(nobody_listens(port_of(done.out)));
    CHECK(socket_gone());
    CHECK(host.connections() == 1);
}

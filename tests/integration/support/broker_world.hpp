// What the tests of sessions through the broker share: programs that ask as an agent does, and an Anthropic account.
#pragma once

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

inline constexpr const char* real_key = "sk-ant-api03-the-real-KEY";  // of Anthropic's, which eph-sim takes

// They ask once, by the base URL and the credential that they were given. The answer ends with the HTTP status.
inline const std::string ask_openai =
    "curl -sS -w ' %{http_code}\\n' -H \"Authorization: Bearer $OPENAI_API_KEY\" -H 'Content-Type: application/json' "
    "-d '{\"model\":\"gpt-5\",\"input\":\"hello\"}' \"$OPENAI_BASE_URL/responses\"\n";
inline const std::string ask_anthropic =
    "curl -sS -w ' %{http_code}\\n' -H \"x-api-key: $ANTHROPIC_API_KEY\" -H 'anthropic-version: 2023-06-01' "
    "-H 'Content-Type: application/json' -d "
    "'{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"messages\":[{\"role\":"
    "\"user\",\"content\":\"hello\"}]}' \"$ANTHROPIC_BASE_URL/v1/messages\"\n";
inline const std::string says_where = "echo \"dir=/tmp/eph-$EPH_SESSION/x\"; echo \"url=$EPH_BASE_URL\"; ";

inline std::string field(const std::string& said, const std::string& name) {
    const std::size_t at = said.find(name + "=");
    if (at == said.npos) FAIL("no " << name << " in: " << said);
    const std::size_t from = at + name.size() + 1;
    return said.substr(from, said.find_first_of("\r\n", from) - from);
}

inline int port_in(const std::string& url) {
    const std::string before = "http://127.0.0.1:";
    REQUIRE(url.starts_with(before));
    return std::stoi(url.substr(before.size()));
}

inline bool listens(int port) {
    try {
        HttpConnection connection{port};
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

struct BrokerWorld : World {
    explicit BrokerWorld(const std::string& sshd_lines = "") : World({"--model-key", real_key}, sshd_lines) {
        (void)ephd.stop();
        Variables account = Daemon::account(sim);
        account["ANTHROPIC_API_KEY"] = real_key;
        account["EPH_ANTHROPIC_BASE_URL"] = "http://127.0.0.1:" + std::to_string(sim.port());
        both = std::make_unique<Daemon>(home, account);
    }

    static std::vector<std::string> exec(std::vector<std::string> words, const std::string& script) {
        words.insert(words.begin(), "exec");
        words.insert(words.end(), {"--", "sh", "-c", script});
        return words;
    }

    bool sockets_gone() const {
        return eventually([&] {
            for (const auto& entry : std::filesystem::directory_iterator{home.socket().parent_path()}) {
                if (entry.path().filename().string().starts_with("b-")) return false;
            }
            return true;
        });
    }
    // Nothing on the host, no key at the provider, no port there and no socket here.
    void check_gone(const std::string& said) {
        CHECK(nothing_left(directory(said)));
        CHECK(eventually([&] { return !listens(port_in(field(said, "url"))); }));
        CHECK(sockets_gone());
    }

    std::unique_ptr<Daemon> both;  // has an account at OpenAI and one at Anthropic
};

}  // namespace eph::test

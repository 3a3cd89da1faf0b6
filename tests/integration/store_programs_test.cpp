// How the stores' programs are run: once for all who wait, with an end, and with nothing of ephd's.
#include <algorithm>
#include <map>

#include "tests/integration/support/store_user.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct Fixture : StoreUser {
    void use_command(const std::string& text) const {
        const Json openai = {
            {"store", "command"}, {"command", text}, {"project_id", project}, {"base_url", sim.base_url()}};
        configure(Json{{"openai", openai}, {"store_timeout", "1s"}}.dump());
    }
};

// An account that is in the file, and one, `slow`, whose store is the latch.
std::string with_slow_account(const Latch& slow, const std::string& base_url) {
    const Json file = {{"admin_key", admin_key}, {"project_id", project}, {"base_url", base_url}};
    const Json command = {
        {"store", "command"}, {"command", slow.command()}, {"project_id", second_project}, {"base_url", base_url}};
    return Json{{"openai", file}, {"accounts", {{"slow", command}}}}.dump();
}

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a command that fails, says nothing, or never ends is told apart, and nothing of a key is passed on") {
    use_command("echo the vault is closed: sk-admin-1 >&2; exit 7");
    start_daemon();
    const std::string begin = "the store command gave no key for the account default: ";
    CHECK(failure().at("message") == begin + "the command ended with status 7: the vault is closed: sk-...");
    use_command("true");
    CHECK(failure().at("message") == begin + "the command printed nothing");
    use_command("exec no-such-program");
    CHECK_THAT(failure().at("message").get<std::string>(), Contains("the command ended with status 127: "));
    use_command("sleep 600");
    CHECK(failure().at("message") == begin + "/bin/sh did not answer within 1s");
    use_command("yes | head -c 500000; yes | head -c 500000 >&2");
    CHECK(ephd->call("POST", "/v1/keys", Json::object()).status == 502);  // "y" is a key like any other here
    CHECK(ephd->program().running());
}

TEST_CASE_METHOD(Fixture, "a command of a store has nothing of ephd's in its environment, nor any of its descriptors") {
    use_command("{ env; ls -l /proc/self/fd; } >\"$HOME/seen\"; echo " + std::string{admin_key});
    start_daemon({{"EPH_SOCKET", home.socket()}, {"OPENAI_PROJECT_ID", project}});
    (void)ephd->create_key();
    const std::string seen = read_file(home.path("seen"));
    for (const char* word : {"OPENAI", "EPH_", "NOTIFY_SOCKET", "socket:", "ledger"})
        CHECK(seen.find(word) == std::string::npos);
    CHECK(seen.find("PATH=") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a store is asked once for all who wait, and nobody else waits for it") {
    const Latch slow{home.path("slow")};
    configure(with_slow_account(slow, sim.base_url()));
    start_daemon();
    std::vector<std::unique_ptr<HttpConnection>> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(std::make_unique<HttpConnection>(home.socket()));
        waiting.back()->request("POST", "/v1/keys", "{}", {{"Eph-Account", "slow"}});
    }
    REQUIRE(eventually([&] { return slow.times() == 1; }));
    CHECK(ephd->create_key().at("key").at("project") == project);
    CHECK(ephd->get("/v1/status").at("accounts").size() == 2);
    CHECK(account("slow").at("state") == "not loaded");
    slow.give(admin_key);
    for (const auto& each : waiting) CHECK(each->reply().json().at("key").at("project") == second_project);
    CHECK(slow.times() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "keys that are due while their store is slow go when it answers, and others do not wait for them") {
    const Latch slow{home.path("slow")};
    configure(with_slow_account(slow, sim.base_url()));
    start_daemon();
    HttpConnection first{home.socket()};
    first.request("POST", "/v1/keys", R"({"ttl_seconds": 3600})", {{"Eph-Account", "slow"}});
    slow.give(admin_key);
    std::vector<std::string> theirs{first.reply().json().at("key").at("id")};
    for (int i = 0; i < 20; ++i) {  // more than are tried at once
        theirs.push_back(ephd->post("/v1/keys", Json::object(), 201, {{"Eph-Account", "slow"}}).at("key").at("id"));
    }
    const std::string other = ephd->create_key().at("key").at("id");
    restart_daemon();
    for (const std::string& key : theirs) {
        HttpConnection connection{home.socket()};
        connection.request("DELETE", "/v1/keys/" + key, "");
    }
    REQUIRE(eventually([&] { return slow.times() == 2; }));
    CHECK(ephd->call("DELETE", "/v1/keys/" + other).status == 200);
    CHECK(ephd->get("/v1/status").at("keys").size() == theirs.size());
    CHECK(slow.times() == 2);
    slow.give(admin_key);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Fixture, "a key that the provider does not know any more is loaded anew") {
    const std::string vault = home.path("vault");
    write_file(vault, "sk-admin-old\n");
    use_command("cat " + vault);
    start_daemon();
    CHECK(ephd->call("POST", "/v1/keys", Json::object()).status == 502);
    write_file(vault, std::string{admin_key} + "\n");  // rotated
    CHECK(ephd->create_key().at("key").at("state") == "live");
}

TEST_CASE_METHOD(Fixture,
                 "an admin key that the provider has withdrawn is tried with pauses, however many keys wait for it",
                 "[slow][unconfirmed]") {
    use_command("echo " + std::string{admin_key});
    start_daemon();
    for (int i = 0; i < 20; ++i) (void)ephd->create_key();
    sim.fault({{"match", {{"method", "DELETE"}}}, {"kind", "status"}, {"status", 401}, {"times", -1}});
    (void)ephd->post("/v1/cleanup", {{"all", true}}, 200);
    const auto tries = [&] {  // the moments at which each key was tried
        std::map<std::string, std::vector<std::int64_t>> moments;
        for (const Json& each : sim.requests("DELETE")) moments[each.at("path")].push_back(each.at("arrived_ms"));
        return moments;
    };
    std::map<std::string, std::vector<std::int64_t>> moments;
    REQUIRE(eventually([&] {
        moments = tries();
        return std::any_of(moments.begin(), moments.end(), [](const auto& each) { return each.second.size() >= 5; });
    }));
    for (const auto& [path, each] : moments) {
        if (each.size() >= 5) CHECK(each[4] - each[0] > 7000);  // 1 + 2 + 4 + 8 s, or half of that
    }
}

TEST_CASE_METHOD(Fixture, "a store's program that leaves its process group is ended, too") {
    use_command("exec perl -e 'setpgrp(0, getpgrp(getppid())); open(F, \">\", \"" + home.path("pid").string() +
                "\"); print F $$; close F; sleep 600'");
    start_daemon();
    CHECK(failure().at("message") ==
          "the store command gave no key for the account default: /bin/sh did not answer within 1s");
    const pid_t pid = std::stoi(read_file(home.path("pid")));
    CHECK(eventually([&] { return gone(pid); }));
}

TEST_CASE_METHOD(Fixture, "what a store's program leaves running may write as much as it likes") {
    use_command("yes >&2 & sleep 0.1; echo " + std::string{admin_key});
    start_daemon();
    CHECK(ephd->create_key().at("key").at("state") == "live");
}

TEST_CASE_METHOD(Fixture, "what a store gives after its account was removed is not kept") {
    const Latch slow{home.path("slow")};
    const Json openai = {
        {"store", "command"}, {"command", slow.command()}, {"project_id", project}, {"base_url", sim.base_url()}};
    const std::string before = Json{{"openai", openai}}.dump();
    configure(before);
    start_daemon();
    HttpConnection waiting{home.socket()};
    waiting.request("POST", "/v1/keys", "{}");
    REQUIRE(eventually([&] { return slow.times() == 1; }));
    CHECK(eph({"auth", "clear"}).status == 0);
    slow.give(admin_key);
    CHECK(waiting.reply().status == 424);
    configure(before);
    CHECK(account("default").at("state") == "not loaded");
}

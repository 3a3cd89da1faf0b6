// A disk that is full: nothing is handed out that is not recorded, nothing lives longer for it, and all is told.
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/root.hpp"

using namespace eph::test;

namespace {

struct Fixture : DaemonAndSim {
    std::unique_ptr<Program> strace;

    Fixture() {
        sim.wait_for_answered("GET /users");  // the comparison at the start
    }
    // Of the running ephd, until better().
    void disk_fails(const std::string& error, const std::string& calls = "pwrite64,fsync,fdatasync,ftruncate") {
        strace = std::make_unique<Program>(
            std::vector<std::string>{"strace", "-f", "-qq", "-o", home.path("strace"), "-e", "trace=" + calls, "-e",
                                     "inject=" + calls + ":error=" + error + ":when=1+", "-p",
                                     std::to_string(ephd.pid())},
            home.variables);
        // It is attached when each of ephd's threads has a tracer.
        const std::string untraced =
            "grep -L 'TracerPid:[[:space:]]*[1-9]' /proc/" + std::to_string(ephd.pid()) + "/task/*/status";
        REQUIRE(eventually([&] {
            Program look{{"sh", "-c", untraced}, home.variables};
            return look.wait().out.empty();
        }));
    }
    void better() {
        strace->signal(SIGTERM);
        (void)strace->wait();
    }
    std::string notes() {
        std::string all;
        const Json status = ephd.get("/v1/status");
        for (const Json& note : status.at("notes")) all += note.get<std::string>() + "\n";
        return all;
    }
    bool nothing_unsettled() {
        return eventually([&] { return ephd.get("/v1/keys").at("keys").empty(); });
    }
};

bool may_trace() { return is_root("may trace ephd, which is undumpable") && available("strace"); }

}  // namespace

TEST_CASE_METHOD(Fixture, "with a full disk no key is made, keys that end are revoked all the same, and all is told") {
    if (!may_trace()) return;
    const std::string error = GENERATE("ENOSPC", "EIO");
    INFO(error);
    const auto one = ephd.session({{"host", "one"}, {"ttl_seconds", 600}});
    REQUIRE(one->event());
    const std::string asked = ephd.create_key().at("key").at("id");
    (void)ephd.create_key({{"ttl_seconds", 3}});
    REQUIRE(sim.live_keys() == 3);
    disk_fails(error);
    const Reply refused = ephd.call("POST", "/v1/keys", Json::object());
    CHECK(refused.status == 500);
    CHECK(refused.json().at("error").at("code") == "storage");
    CHECK_FALSE(refused.json().at("error").at("hint").get<std::string>().empty());
    CHECK(sim.requests("POST service_accounts").size() == 3);  // the provider was not even asked
    INFO(refused.text << ephd.program().err());
    CHECK_THAT(notes(), Catch::Matchers::Contains("No new key is made until that is over"));
    one->close();
    CHECK(ephd.call("DELETE", "/v1/keys/" + asked).status == 200);          // confirmed, by the provider
    CHECK(eventually([&] { return sim.live_keys() == 0; }));                // the deadline's, too
    CHECK_FALSE(ephd.get("/v1/keys").at("keys").empty());                   // which the ledger does not know yet
    CHECK(ephd.call("POST", "/v1/cleanup", Json::object()).status == 200);  // waits for none of them
    const auto deletions = sim.requests("DELETE").size();
    better();
    CHECK(nothing_unsettled());
    CHECK(sim.requests("DELETE").size() == deletions);  // nobody was asked twice
    CHECK(notes().empty());
    CHECK(eventually([&] { return ephd.get("/v1/sessions").at("sessions").at(0).at("state") == "over"; }));
    CHECK_THAT(ephd.program().err(), Catch::Matchers::Contains("the ledger can be written again"));
    (void)ephd.create_key();
}

TEST_CASE_METHOD(Fixture, "a key that the provider made while the disk filled up is handed to nobody, and revoked") {
    if (!may_trace()) return;
    const std::string error = GENERATE("ENOSPC", "EIO");
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "delay"}, {"effect", true}, {"delay_ms", 4000}});
    HttpConnection creation{home.socket()};
    creation.request("POST", "/v1/keys", "{}");
    sim.wait_for("POST service_accounts");  // its row says `creating`
    sim.pause();
    disk_fails(error);  // and cannot become `live`
    sim.go_on();
    const Reply refused = creation.reply();
    INFO(refused.text << ephd.program().err());
    CHECK(refused.status == 500);
    CHECK(refused.json().at("error").at("code") == "storage");
    CHECK_FALSE(refused.json().contains("secret"));
    CHECK(refused.text.find("sk-") == std::string::npos);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    better();
    CHECK(nothing_unsettled());
}

TEST_CASE_METHOD(Fixture, "killed while its disk is full, ephd leaves nothing that the next one does not settle") {
    if (!may_trace()) return;
    const std::string asked = ephd.create_key().at("key").at("id");
    (void)ephd.create_key({{"ttl_seconds", 2}});
    disk_fails("ENOSPC");
    CHECK(ephd.call("DELETE", "/v1/keys/" + asked).status == 200);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    ephd.kill9();
    (void)strace->wait();
    ephd.start();
    const Reply cleaned = ephd.call("POST", "/v1/cleanup", {{"all", true}});
    CHECK(cleaned.status == 200);
    CHECK(nothing_unsettled());
}

TEST_CASE_METHOD(Fixture,
                 "where nothing reaches the disk any more no key is made, what ends is revoked, and all is told") {
    if (!may_trace()) return;
    const auto one = ephd.session({{"host", "one"}, {"ttl_seconds", 600}});
    REQUIRE(one->event());
    disk_fails("EIO", "fsync,fdatasync");  // what is written is read back, and gone when the machine stops
    const Reply refused = ephd.call("POST", "/v1/keys", Json::object());
    INFO(refused.text << ephd.program().err());
    CHECK(refused.status == 500);
    CHECK(refused.json().at("error").at("code") == "storage");
    CHECK(sim.requests("POST service_accounts").size() == 1);  // that of the session: the provider was not even asked
    CHECK_THAT(notes(), Catch::Matchers::Contains("No new key is made until that is over"));
    one->close();
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    CHECK(ephd.call("POST", "/v1/keys", Json::object()).status == 500);
    CHECK(sim.requests("POST service_accounts").size() == 1);
    better();
    CHECK(nothing_unsettled());
    CHECK(eventually([&] { return notes().empty(); }));
    (void)ephd.create_key();
}

TEST_CASE_METHOD(Fixture, "a key that is not on the disk as live is handed to nobody, and revoked") {
    if (!may_trace()) return;
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "delay"}, {"effect", true}, {"delay_ms", 4000}});
    HttpConnection creation{home.socket()};
    creation.request("POST", "/v1/keys", "{}");
    sim.wait_for("POST service_accounts");
    disk_fails("EIO", "fsync,fdatasync");
    const Reply refused = creation.reply();
    INFO(refused.text << ephd.program().err());
    CHECK(refused.status == 500);
    CHECK(refused.text.find("sk-") == std::string::npos);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    better();
    CHECK(nothing_unsettled());
}

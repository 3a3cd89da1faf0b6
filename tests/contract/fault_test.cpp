// Faults on demand, and the record of what came: the tests of eph rely on both.
#include <fmt/format.h>
#include <unistd.h>

#include "http_client.hpp"
#include "sim_process.hpp"
#include "tests/support/catch.hpp"

namespace eph::contract {
namespace {

const std::string kAccounts = "/v1/organization/projects/proj_sim/service_accounts";
constexpr const char* kAdmin = "Authorization: Bearer sk-admin-sim";
constexpr const char* kCreate = R"({"name": "eph-a"})";

// A client that makes faults on creating accounts, and knows how many there are.
struct Bench {
    SimProcess sim;
    HttpClient client{sim.port()}, control{sim.port()};

    void fault(const std::string& fields) {
        const std::string match = R"("match": {"method": "POST", "path_contains": "service_accounts"})";
        const Reply reply = control.call("POST", "/_sim/faults", "{" + match + ", " + fields + "}");
        REQUIRE(reply.status == 200);
    }
    Reply create() { return client.call("POST", kAccounts, kCreate, kAdmin); }
    int accounts() { return control.call("GET", "/_sim/state").json().at("live_accounts"); }
};

}  // namespace

TEST_CASE("a status fault answers in place of the provider, with or without effect") {
    Bench bench;
    bench.fault(R"("kind": "status", "status": 429, "headers": {"Retry-After": "1"})");
    const Reply limited = bench.create();
    CHECK(limited.status == 429);
    CHECK(limited.header("Retry-After") == "1");
    CHECK(limited.json().at("error").contains("message"));
    CHECK(bench.accounts() == 0);
    bench.fault(R"("kind": "status", "status": 500, "body": "broken", "effect": true)");
    CHECK(bench.create().body == "broken");
    CHECK(bench.accounts() == 1);
    CHECK(bench.create().status == 200);
}

TEST_CASE("a reset is one, before or after the effect") {
    Bench bench;
    bench.fault(R"("kind": "reset_before")");
    CHECK(bench.create().failure == "Connection reset by peer");
    CHECK(bench.accounts() == 0);
    bench.fault(R"("kind": "reset_after")");
    CHECK(bench.create().failure == "Connection reset by peer");
    CHECK(bench.accounts() == 1);
}

TEST_CASE("broken answers are broken as asked") {
    Bench bench;
    bench.fault(R"("kind": "garbage")");
    const Reply garbage = bench.create();
    CHECK(garbage.status == 200);
    CHECK_FALSE(nlohmann::json::accept(garbage.body));
    bench.fault(R"("kind": "empty")");
    const Reply empty = bench.create();
    CHECK(empty.status == 200);
    CHECK(empty.body.empty());
    CHECK(bench.accounts() == 0);
    bench.fault(R"("kind": "truncate", "effect": true)");
    const Reply truncated = bench.create();
    CHECK(truncated.failure == "partial message");
    CHECK_FALSE(truncated.body.empty());
    bench.fault(R"("kind": "close_after_headers", "effect": true)");
    const Reply closed = bench.create();
    CHECK(closed.failure == "partial message");
    CHECK(closed.body.empty());
    CHECK(bench.accounts() == 2);
    bench.fault(R"("kind": "drip")");
    CHECK(bench.create().json().at("name") == "eph-a");
}

TEST_CASE("a hanging call may have taken effect, and ends when the caller gives up") {
    Bench bench;
    bench.fault(R"("kind": "hang", "effect": true)");
    {
        HttpClient impatient{bench.sim.port()};
        impatient.send("POST", kAccounts, kCreate, kAdmin);
        CHECK(bench.control.call("GET", "/_sim/wait?match=POST+service_accounts").status == 200);
        CHECK(bench.accounts() == 1);
    }
    CHECK(bench.create().status == 200);
}

TEST_CASE("a late answer is late") {
    Bench bench;
    bench.fault(R"("kind": "delay", "delay_ms": 50)");
    const auto start = std::chrono::steady_clock::now();
    CHECK(bench.create().status == 200);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds{50});
}

TEST_CASE("a creation can be answered with the id of somebody else's account, and can happen twice") {
    Bench bench;
    const std::string other =
        bench.control.call("POST", "/_sim/accounts", R"({"name": "theirs"})").json().at("accounts").at(0).at("id");
    bench.fault(R"("kind": "other_id")");
    const auto mixed_up = bench.create().json();
    CHECK(mixed_up.at("id") == other);
    CHECK(mixed_up.at("name") == "eph-a");
    CHECK(bench.accounts() == 2);
    bench.fault(R"("kind": "twice")");
    CHECK(bench.create().status == 200);
    CHECK(bench.accounts() == 4);
}

TEST_CASE("a page can be without its first accounts, and a deletion be late") {
    Bench bench;
    const std::string id = bench.create().json().at("id");
    bench.create();
    bench.create();
    bench.control.call("POST", "/_sim/faults", R"({"match": {"path_contains": "after="}, "kind": "shift"})");
    CHECK(bench.client.call("GET", kAccounts + "?limit=1", {}, kAdmin).json().at("first_id") == id);
    CHECK(bench.client.call("GET", kAccounts + "?after=" + id, {}, kAdmin).json().at("data").size() == 1);
    CHECK(bench.client.call("GET", kAccounts + "?after=" + id, {}, kAdmin).json().at("data").size() == 2);

    bench.control.call("POST", "/_sim/faults", R"({"match": {"method": "DELETE"}, "kind": "late", "delay_ms": 60})");
    CHECK(bench.client.call("DELETE", kAccounts + "/" + id, {}, kAdmin).json().at("deleted") == true);
    CHECK(bench.accounts() == 3);
    for (int i = 0; i < 1000 && bench.accounts() == 3; ++i) usleep(5000);
    CHECK(bench.accounts() == 2);
}

TEST_CASE("a fault skips, counts, ends, and can be taken back") {
    Bench bench;
    bench.fault(R"("kind": "status", "status": 503, "skip": 1, "times": 2)");
    CHECK(bench.create().status == 200);
    CHECK(bench.create().status == 503);
    CHECK(bench.client.call("GET", kAccounts, {}, kAdmin).status == 200);
    CHECK(bench.create().status == 503);
    CHECK(bench.create().status == 200);
    bench.fault(R"("kind": "status", "times": -1)");
    CHECK(bench.create().status == 500);
    CHECK(bench.create().status == 500);
    CHECK(bench.control.call("GET", "/_sim/faults").json().at(1).at("hits") == 2);
    bench.control.call("DELETE", "/_sim/faults");
    CHECK(bench.create().status == 200);
    CHECK(bench.control.call("POST", "/_sim/faults", R"({"kind": "earthquake"})").status == 400);
    CHECK(bench.control.call("POST", "/_sim/faults", R"({"times": "many"})").status == 400);
}

TEST_CASE("every call is recorded, with whose credential it bore") {
    Bench bench;
    bench.create();
    bench.client.call("GET", kAccounts + "?limit=5", {}, "x-api-key: unknown");
    const auto requests = bench.control.call("GET", "/_sim/requests").json();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].at("credential") == "admin");
    CHECK(requests[0].at("body") == nlohmann::json::parse(kCreate));
    CHECK(requests[1].at("credential_kind") == "x-api-key");
    CHECK(requests[1].at("credential").is_null());
    CHECK(requests[1].at("query") == "limit=5");
    CHECK(requests[1].at("status") == 401);
    CHECK(requests[1].at("connection") == requests[0].at("connection"));
    bench.control.call("DELETE", "/_sim/requests");
    CHECK(bench.control.call("GET", "/_sim/requests").json().empty());
    bench.create();
    CHECK(bench.control.call("GET", "/_sim/requests?match=POST").json().at(0).at("seq") == 3);
}

TEST_CASE("waiting ends with the call that is waited for, or with the time") {
    Bench bench;
    CHECK(bench.control.call("GET", "/_sim/wait?timeout_ms=20").status == 408);
    bench.client.send("GET", "/_sim/wait?count=2&match=POST+service_accounts&answered=1", {}, "");
    HttpClient other{bench.sim.port()};
    other.call("POST", kAccounts, kCreate, kAdmin);
    other.call("GET", kAccounts, {}, kAdmin);
    other.call("POST", kAccounts, kCreate, kAdmin);
    CHECK(bench.client.receive().json().at("count") == 2);
}

TEST_CASE("SIGTERM ends it cleanly, connections or not") {
    Bench bench;
    bench.create();
    CHECK(bench.sim.stop() == 0);
}

}  // namespace eph::contract

// Too few descriptors, from the start and in the midst of work: accepting waits, revoking goes on.
#include <sys/resource.h>

#include <thread>

#include "daemon/bounds.hpp"
#include "tests/integration/support/brokered.hpp"
#include "tests/integration/support/crowd.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;
namespace bounds = eph::bounds;

namespace {

std::vector<std::string> limited(int descriptors) {
    return {"/bin/sh", "-c", "ulimit -n " + std::to_string(descriptors) + "; exec \"$0\" \"$@\""};
}

rlim_t soft_limit(pid_t pid) {
    rlimit limit{};
    REQUIRE(prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
    return limit.rlim_cur;
}

void set_soft_limit(pid_t pid, rlim_t soft) {
    rlimit limit{};
    REQUIRE(prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
    limit.rlim_cur = soft;
    REQUIRE(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

const Json through_broker = {{"host", "web"}, {"ttl_seconds", 600}, {"credential", "broker"}};

}  // namespace

TEST_CASE("ephd raises its own limit of open files to what is allowed, and says when that is too few") {
    Sim sim;
    TempHome home;
    {
        Daemon ephd{home, Daemon::account(sim), {}, {"/bin/sh", "-c", "ulimit -Sn 100; exec \"$0\" \"$@\""}};
        rlimit own{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &own) == 0);
        CHECK(soft_limit(ephd.pid()) == std::min<rlim_t>(own.rlim_max, bounds::most_descriptors));
    }
    std::vector<std::string> words = limited(32);
    words.push_back(EPHD);
    const Finished end = Program{words, home.variables}.wait();
    CHECK(end.status == 64);
    CHECK(end.err.find("only 32 files may be open at once, and ephd needs 48\nRaise the limit where ephd is started") !=
          std::string::npos);
}

TEST_CASE("with 64 descriptors all taken by clients, keys are made, revoked and shown") {
    Sim sim;
    TempHome home;
    Daemon ephd{home, Daemon::account(sim), {}, limited(64)};
    ShortKey key{ephd, sim, 2s};
    const Crowd silent = crowd(home.socket(), 200);
    check_answers(ephd);
    const std::string id = ephd.create_key().at("key").at("id");
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    CHECK(key.revoked_in_time());
    std::vector<std::unique_ptr<LeaseConnection>> leases;
    bool refused = false;
    while (!refused) {
        leases.push_back(ephd.session({{"host", "web"}}));
        (void)leases.back()->event();
        refused = leases.back()->status() == 409;
        REQUIRE(leases.size() < 64);
    }
    check_answers(ephd);
    leases.clear();  // all of them end at once
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    CHECK(ephd.program().err().find("oo many") == std::string::npos);  // it never came to that
}

TEST_CASE("a session through the broker that cannot have its endpoint is refused with the reason") {
    Sim sim;
    TempHome home;
    Daemon ephd{home, Daemon::account(sim), {}, limited(64)};
    std::vector<std::unique_ptr<LeaseConnection>> leases;
    leases.push_back(ephd.session(through_broker));
    const Crowd agents = crowd(std::filesystem::path{leases.back()->event()->at("broker").at("socket")}, 2);
    bool refused = false;
    while (!refused) {
        leases.push_back(ephd.session(through_broker));
        (void)leases.back()->event();
        refused = leases.back()->status() == 409;
        REQUIRE(leases.size() < 64);
    }
    const Json error = ephd.call("POST", "/v1/sessions", through_broker).json().at("error");
    CHECK(error.at("code") == "busy");
    CHECK(error.at("message") == "ephd has too many files open for another session through the broker");
    const std::size_t before = leases.size();
    CHECK(sim.live_keys() == static_cast<int>(before) - 1);
    check_answers(ephd);
}

TEST_CASE_METHOD(BrokeredWorld, "where no descriptor is left, accepting pauses, and all goes on when there is one") {
    if (!works_without_descriptors) {
        WARN("skipped: UndefinedBehaviorSanitizer needs descriptors itself");
        return;
    }
    start();
    works();
    ShortKey key{ephd, sim, 2s};
    if (!descriptors_of(ephd.pid())) {
        WARN("not run: only root can see how many descriptors ephd has");
        return;
    }
    const rlim_t usual = soft_limit(ephd.pid());
    set_soft_limit(ephd.pid(), *descriptors_of(ephd.pid()));
    const Crowd at_api = crowd(home.socket(), 20, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Crowd at_endpoint = crowd(socket, 20);
    ephd.program().wait_for_err("cannot accept a connection: Too many open files");
    ephd.program().wait_for_err("the broker cannot accept a connection: Too many open files");
    CHECK(key.revoked_in_time());  // over a connection that is there
    const double began = processor_time_of(ephd.pid());
    std::this_thread::sleep_for(3s);  // what is measured is what ephd does in that time
    CHECK(processor_time_of(ephd.pid()) - began < 0.3);
    set_soft_limit(ephd.pid(), usual);
    for (const auto& each : at_api) CHECK(each->head() == 200);
    works();
}

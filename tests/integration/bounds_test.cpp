// Clients of the API that want too much: each is refused within bounds, and none of them hinders revoking.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "daemon/bounds.hpp"
#include "tests/integration/support/crowd.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;
namespace bounds = eph::bounds;

namespace {

const std::string get_status = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string post_keys = "POST /v1/keys HTTP/1.1\r\nHost: localhost\r\n";

struct Fixture : DaemonAndSim {
    Json refused(const std::string& target, const std::string& body) {
        HttpConnection connection{home.socket()};
        connection.request("POST", target, body);
        const Reply reply = connection.reply();
        INFO(reply.text.substr(0, 300));
        CHECK(reply.status == 400);
        return reply.json().at("error");
    }

    // By how many kB its memory has grown; a sanitizer's allocator keeps what was freed, so that it would prove
    // nothing.
    long grown(long before) const { return sanitized ? 0 : memory_of(ephd.pid(), "VmHWM") - before; }
};

// Does the other side end it by itself?
bool ends(HttpConnection& connection, Limit limit) { return connection.reply(limit).status == 0; }

// For one more that ephd has not taken yet.
bool has_room(const std::filesystem::path& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const bool room = connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(descriptor);
    return room;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "ten thousand silent connections keep nobody out, and the janitor is in time") {
    allow_descriptors(10'500);
    ShortKey key{ephd, sim, 3s};
    const long before = memory_of(ephd.pid());
    const Crowd all = crowd(home.socket(), 10'000);
    check_answers(ephd);
    const std::string id = ephd.create_key().at("key").at("id");
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    CHECK(key.revoked_in_time());
    if (const auto open = descriptors_of(ephd.pid())) CHECK(*open < bounds::api_clients + 100);
    CHECK(grown(before) < 100 * 1024);
}

TEST_CASE_METHOD(Fixture, "requests that never come whole take no place from others, however large their beginning") {
    allow_descriptors(6'000);
    ShortKey key{ephd, sim, 3s};
    const long before = memory_of(ephd.pid());
    const std::string body(bounds::api_body - 1, 'x');
    const Crowd heads = crowd(home.socket(), 2'500, "GET /v1/status HTTP/1.1\r\nX: " + std::string(15'000, 'x'));
    const Crowd bodies = crowd(home.socket(), 2'500,
                               post_keys + "Content-Length: " + std::to_string(bounds::api_body) + "\r\n\r\n" + body);
    check_answers(ephd);
    CHECK(key.revoked_in_time());
    // Each of the clients that may be there holds no more than a head and a body.
    CHECK(grown(before) < 300 * 1024);
}

TEST_CASE_METHOD(Fixture, "clients that ask without end and read no answer are cut off, and hinder nobody") {
    ShortKey key{ephd, sim, 3s};
    std::string many;
    for (int i = 0; i < 2'000; ++i) many += get_status;
    std::vector<std::thread> askers;
    std::atomic<int> cut = 0;
    for (int i = 0; i < 8; ++i) {
        askers.emplace_back([&] {
            HttpConnection connection{home.socket()};
            for (int rounds = 0; rounds < 20; ++rounds) connection.send(many);  // returns at once where it is closed
            ++cut;
        });
    }
    check_answers(ephd);
    CHECK(key.revoked_in_time());
    CHECK(eventually([&] { return cut == 8; }, 30s));
    for (std::thread& asker : askers) asker.join();
    check_answers(ephd);
    CHECK(ephd.program().err().find("failed") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "answers that nobody reads take a bounded room, and turns go round among programs") {
    allow_descriptors(4'000);
    for (int i = 0; i < 200; ++i) (void)ephd.create_key({{"label", std::string(60, 'a')}});
    ShortKey key{ephd, sim, 3s};
    const long before = memory_of(ephd.pid());
    const Crowd all = crowd(home.socket(), 2'000, get_status + get_status + get_status + get_status + get_status);
    const Finished status = Program{{EPH, "status", "--json"}, home.variables}.wait(5s);  // it has a turn of its own
    CHECK(status.status == 0);
    CHECK(key.revoked_in_time());
    CHECK(grown(before) < 150 * 1024);
}

TEST_CASE_METHOD(Fixture, "leases never take the last places: status, and the end of a session, are served") {
    allow_descriptors(4'000);
    std::vector<std::unique_ptr<LeaseConnection>> leases;
    const Json manual = {{"host", "web"}, {"credential", "manual"}, {"ttl_seconds", 600}};
    for (std::size_t i = 0; i < bounds::api_clients; ++i) {
        leases.push_back(ephd.session(manual));
        if (i % 50 == 0 || i + 100 > bounds::api_clients) (void)leases.back()->event();
        if (leases.back()->status() != 201 && leases.back()->status() != 0) break;
    }
    CHECK(leases.back()->status() == 409);
    CHECK(leases.size() > bounds::api_clients - bounds::api_reserve - 10);
    check_answers(ephd);
    const Reply no = ephd.call("POST", "/v1/sessions", manual);
    CHECK(no.status == 409);
    CHECK(no.json().at("error") ==
          Json{{"code", "busy"},
               {"message", "ephd serves as many clients at once as it can"},
               {"hint", "End a session, or programs that hold connections to ephd; see: eph sessions"}});
    const std::string one = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    CHECK(ephd.call("DELETE", "/v1/sessions/" + one).status == 200);
    leases.resize(leases.size() - 10);
    CHECK(eventually([&] {
        const auto event = ephd.session(manual)->event();  // none while there is no place yet
        return event && event->contains("session");
    }));
}

TEST_CASE_METHOD(Fixture, "a lease that a thousand clients take is the last one's alone") {
    const auto first = ephd.session({{"host", "web"}});
    const std::string session = first->event()->at("session").at("id");
    std::vector<std::unique_ptr<LeaseConnection>> holders;
    for (int i = 0; i < 1'000; ++i) holders.push_back(ephd.lease(session));
    for (const auto& each : holders) CHECK(each->event()->at("event") == "held");
    CHECK(ephd.get("/v1/sessions/" + session).at("state") == "active");
    for (std::size_t i = 0; i + 1 < holders.size(); ++i) {
        CHECK_FALSE(holders[i]->event());
        holders[i]->close();
    }
    CHECK(ephd.get("/v1/sessions/" + session).at("state") == "active");
    CHECK(sim.live_keys() == 1);
    holders.back()->close();
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Fixture, "names of a megabyte, headers without end and deep JSON are refused with a reason") {
    const std::string large(1'000'000, 'n');
    CHECK(refused("/v1/keys", Json{{"label", large}}.dump()).at("hint") ==
          "At most 16 kB of headers and 64 kB of body.");
    CHECK(refused("/v1/sessions", Json{{"host", large}}.dump()).at("message") == "the request is too large");
    CHECK(refused("/v1/sessions", Json{{"host", large.substr(0, 60'000)}}.dump()).at("message") != "");
    for (const char* open : {"[", "{\"a\":", "[[\"]]\",["}) {
        std::string deep;
        while (deep.size() + 10 < bounds::api_body) deep += open;
        CHECK(refused("/v1/keys", deep).at("message") == "the JSON is nested more than 64 levels deep");
    }
    CHECK(refused("/v1/keys", "[]").at("message") == "a JSON object is expected");
    const Json key = ephd.create_key({{"label", large.substr(0, 60'000)}}).at("key");
    CHECK(key.at("name").get<std::string>().size() < 200);
    HttpConnection endless{home.socket()};
    endless.send("GET /v1/status HTTP/1.1\r\n");
    for (int i = 0; i < 1'000; ++i) endless.send("X-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n");
    CHECK(endless.reply().status == 400);
}

TEST_CASE_METHOD(Fixture, "answers of the provider that are nested deeply are unreadable, and the key is looked for") {
    std::string deep(100'000, '[');
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "status"}, {"status", 200}, {"body", deep}, {"effect", true}});
    const Reply reply = ephd.call("POST", "/v1/keys", Json::object());
    INFO(reply.text);
    CHECK(reply.json().at("error").at("code") == "provider_unreadable");
    CHECK(reply.text.find("nested more than 64 levels deep") != std::string::npos);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "status"}, {"status", 400}, {"body", deep}});
    CHECK(ephd.call("POST", "/v1/keys", Json::object()).json().at("error").at("code") == "provider_refused");
}

TEST_CASE_METHOD(Fixture, "a config.json that is nested deeply is refused by name, and what was in force stays") {
    write_file(home.config(), R"({"openai": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
    const Json notes = ephd.get("/v1/status").at("notes");
    REQUIRE_FALSE(notes.empty());
    CHECK(notes.at(0).get<std::string>().find("config.json is nested more than 64 levels deep") != std::string::npos);
    (void)ephd.create_key();
}

TEST_CASE_METHOD(Fixture, "eph waits where more connect than ephd has taken, and is served when it goes on") {
    ephd.program().signal(SIGSTOP);
    while (has_room(home.socket())) {  // each look takes one of the places
    }
    Program status{{EPH, "status", "--json"}, home.variables};
    const auto tries_again = [&] {
        return !status.running() || memory_of(status.pid(), "voluntary_ctxt_switches") > 30;
    };
    CHECK(eventually(tries_again));
    CHECK(status.running());
    ephd.program().signal(SIGCONT);
    const Finished end = status.wait(15s);
    INFO(end.err);
    CHECK(end.status == 0);
}

TEST_CASE_METHOD(Fixture, "whoever is slow has a minute, and then his place is free", "[slow][silence]") {
    HttpConnection silent{home.socket()};
    HttpConnection head{home.socket()};
    head.send("GET /v1/status HTTP/1.1\r\nX: ");
    HttpConnection body{home.socket()};
    body.send(post_keys + "Content-Length: 100\r\n\r\n{");
    HttpConnection trickle{home.socket()};
    std::atomic<bool> done = false;
    std::thread drips{[&] {
        for (const char c : "GET /v1/status HTTP/1.1\r\nX: " + std::string(100, 'x')) {
            if (done) return;
            trickle.send(std::string(1, c));
            std::this_thread::sleep_for(1s);
        }
    }};
    for (HttpConnection* each : {&silent, &head, &body}) CHECK(ends(*each, 70s));
    CHECK(ends(trickle, 70s));
    done = true;
    drips.join();
    check_answers(ephd);
}

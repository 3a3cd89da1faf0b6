// Who may talk to ephd, and what of its secrets can be seen from outside.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/root.hpp"

using namespace eph::test;

namespace {

struct Fixture : DaemonAndSim {
    Json refused(const Variables& headers) {
        const Reply reply = ephd.call("GET", "/v1/status", nullptr, headers);
        CHECK(reply.status == 403);
        return reply.json().at("error");
    }
};

std::string proc(pid_t pid, const char* name) { return read_file("/proc/" + std::to_string(pid) + "/" + name); }

}  // namespace

TEST_CASE_METHOD(Fixture, "a web page cannot use the API") {
    CHECK(refused({{"Origin", "https://evil.example"}}).at("message") == "requests from web pages are refused");
    CHECK(refused({{"Origin", "null"}}).at("code") == "forbidden");
    for (const char* host : {"evil.example", "localhost.evil.example", "ephd.evil", "", "[::1]"}) {
        const Json error = refused({{"Host", host}});
        CHECK(error.at("message") == "'" + std::string{host} + "' is not the name of this API");
        CHECK(error.at("hint") == "Send 'Host: localhost'.");
    }
    for (const char* host : {"ephd", "localhost", "LOCALHOST:80", "127.0.0.1", "localhost:8080"}) {
        CHECK(ephd.call("GET", "/v1/status", nullptr, {{"Host", host}}).status == 200);
    }
}

TEST_CASE_METHOD(Fixture, "curl can use the API") {
    if (!available("curl")) return;
    const Finished end =
        Program{{"curl", "-sS", "--unix-socket", home.socket(), "http://localhost/v1/status"}, home.variables}.wait();
    CHECK(end.status == 0);
    CHECK(Json::parse(end.out).at("pid") == ephd.pid());
}

TEST_CASE("eph says nothing on a socket where another user listens") {
    if (!is_root("can become another user")) return;
    constexpr uid_t other = 65534;
    TempHome home;
    std::filesystem::create_directories(home.socket().parent_path());
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, home.socket().c_str(), sizeof address.sun_path - 1);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(seteuid(other) == 0);  // the kernel tells who listens, not whose the file is
    const int listening = listen(listener, 4);
    REQUIRE(seteuid(0) == 0);
    REQUIRE(listening == 0);

    Variables variables = home.variables;
    variables["OPENAI_ADMIN_KEY"] = admin_key;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"status"}, {"keys", "list"}, {"daemon", "stop", "--yes"}, {"--local", "x"}}) {
        std::vector<std::string> command{EPH};
        command.insert(command.end(), words.begin(), words.end());
        const Finished end = Program{command, variables}.wait();
        INFO(words[0] << ": " << end.err);
        CHECK(end.status == 125);
        CHECK(end.err.find("another user (uid 65534) listens on the socket " + home.socket().string()) != end.err.npos);
        const int came = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        REQUIRE(came >= 0);
        char byte = 0;
        CHECK(recv(came, &byte, 1, 0) == 0);
        close(came);
    }
    close(listener);
}

TEST_CASE_METHOD(Fixture, "another user is refused, even where the socket would let him in") {
    if (!is_root("can become another user")) return;
    if (!available("setpriv") || !available("curl")) return;
    std::filesystem::permissions(home.path(""), std::filesystem::perms::all);
    for (const auto& path : {home.path("run"), home.path("run/eph"), home.socket()})
        std::filesystem::permissions(path, std::filesystem::perms::all);
    const Finished end = Program{{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-sS", "-H",
                                  "Eph-Admin-Key: mine", "--unix-socket", home.socket(), "http://localhost/v1/keys"},
                                 home.variables}
                             .wait();
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(Json::parse(end.out) == Json{{"error",
                                        {{"code", "forbidden"},
                                         {"message", "this ephd belongs to another user"},
                                         {"hint", "Unset EPH_SOCKET, so that eph asks your own."}}}});
    CHECK(ephd.program().err().find("a connection of user 65534 was refused") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "nobody but the user reaches the socket and the ledger") {
    for (const auto& path : {home.socket(), home.ledger(), home.path("state/eph/ledger.db-wal")}) {
        struct stat info {};
        REQUIRE(stat(path.c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
    }
    for (const auto& path : {home.path("run/eph"), home.path("state/eph")}) {
        struct stat info {};
        REQUIRE(stat(path.c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0700);
    }
}

#if defined(__linux__)
TEST_CASE_METHOD(Fixture, "the admin key is not in ephd's environment, nor can ephd dump core") {
    CHECK(proc(ephd.pid(), "environ").find(admin_key) == std::string::npos);
    CHECK(proc(ephd.pid(), "cmdline").find(admin_key) == std::string::npos);
    CHECK(proc(ephd.pid(), "limits").find("Max core file size        0                    0 ") != std::string::npos);
    struct stat info {};
    REQUIRE(stat(("/proc/" + std::to_string(ephd.pid()) + "/mem").c_str(), &info) == 0);
    CHECK(info.st_uid == 0);  // not dumpable: the kernel gives the process's files to root
}

TEST_CASE("another process of the same user cannot read ephd's memory") {
    if (!is_root("can become another user")) return;
    if (!available("setpriv")) return;
    TempHome home;
    // As user 65534: ephd, then one that tries to read its memory.
    const std::string own = home.path("nobody");
    const std::string command = std::string{EPHD} + " --socket " + own + "/s --ledger " + own + "/l --config " + own +
                                "/c --log-file " + own + "/log/l & pid=$!; for i in 1 2 3 4 5 6 7 8 9 10; do [ -S " +
                                own +
                                "/s ] && break; sleep 0.2; done; head -c 1 /proc/$pid/environ; cat /proc/$pid/maps; "
                                "kill $pid; wait $pid; echo \"ended $?\"";
    std::filesystem::create_directory(own);
    std::filesystem::permissions(home.path(""), std::filesystem::perms::all);
    REQUIRE(chown(own.c_str(), 65534, 65534) == 0);
    Variables variables = home.variables;
    variables["HOME"] = own;
    const Finished end =
        Program{{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh", "-c", command}, variables}
            .wait();
    INFO(end.out << end.err);
    if (end.err.find("ephd: ") != std::string::npos || end.out.find("ended 126") != std::string::npos) {
        WARN("not run: user 65534 cannot run " EPHD);
        return;
    }
    CHECK(end.out == "ended 0\n");
    CHECK(end.err.find("Permission denied") != std::string::npos);
}
#endif

TEST_CASE_METHOD(Fixture, "what is no HTTP, or too much of it, is turned away without harm") {
    const auto status_of = [&](const std::string& bytes) {
        HttpConnection connection{home.socket()};
        connection.send(bytes);
        return connection.reply().status;
    };
    const std::string head = "POST /v1/keys HTTP/1.1\r\nHost: localhost\r\n";
    CHECK(status_of("\x16\x03\x01 this is TLS\r\n\r\n") == 0);
    CHECK(status_of("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n") ==
          400);
    CHECK(status_of(head + "Content-Length: 2000000\r\n\r\n") == 400);
    CHECK(status_of(head + "Content-Length: 2\r\nConnection: close\r\n\r\n[]") == 400);
    CHECK(status_of(head + "Content-Length: 0\r\nConnection: close\r\n\r\n") == 400);
    CHECK(status_of("GET /v1/nothing HTTP/1.0\r\nHost: localhost\r\n\r\n") == 404);
    CHECK(ephd.get("/v1/status").at("pid") == ephd.pid());
    CHECK(sim.requests("POST").empty());
}

TEST_CASE_METHOD(Fixture, "the API's answers are not for any cache, and metrics are in Prometheus' text") {
    (void)ephd.create_key();
    const Reply metrics = ephd.call("GET", "/metrics");
    CHECK(metrics.head.find("Content-Type: text/plain; version=0.0.4\r\n") != std::string::npos);
    CHECK(metrics.head.find("Cache-Control: no-store\r\n") != std::string::npos);
    CHECK(metrics.text.find("eph_keys{state=\"live\"} 1\n") != std::string::npos);
    CHECK(metrics.text.find("eph_sessions_active 0\n") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "two requests in one connection are two answers") {
    HttpConnection connection{home.socket()};
    const std::string question = "GET /v1/keys HTTP/1.1\r\nHost: localhost\r\n";
    connection.send(question + "\r\n" + question + "Connection: close\r\n\r\n");
    const Reply both = connection.reply();
    CHECK(both.status == 200);
    CHECK(both.text.find("HTTP/1.1 200 OK") != std::string::npos);
}

// Endpoints of the broker: where they listen, what is left of them, and what cannot be one.
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/broker/endpoint.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct Fixture {
    TempDirectory temp;
    asio::io_context context;

    bool answers(const std::filesystem::path& path) {
        asio::local::stream_protocol::socket socket{context};
        boost::system::error_code failure;
        socket.connect(asio::local::stream_protocol::endpoint{path.string()}, failure);
        return !failure;
    }
    bool answers(std::uint16_t port, const char* address = "127.0.0.1") {
        asio::ip::tcp::socket socket{context};
        boost::system::error_code failure;
        socket.connect({asio::ip::make_address(address), port}, failure);
        return !failure;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a socket is its user's alone, and gone when it is closed for good") {
    const auto path = endpoint_path(temp / "run", SessionId{"abc"});
    CHECK(path == temp / "run/b-abc");
    Endpoint endpoint{context.get_executor(), path};
    CHECK_FALSE(endpoint.is_open());
    endpoint.open();
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(answers(path));
    endpoint.close();
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(Fixture, "the next ephd listens on the socket that the last one left, and on its port") {
    const auto path = endpoint_path(temp / "run", SessionId{"abc"});
    std::uint16_t port = 0;
    {
        Endpoint socket{context.get_executor(), path};
        Endpoint loopback{context.get_executor(), std::uint16_t{0}};
        socket.open();
        loopback.open();
        port = loopback.port();
        CHECK(answers(port));
        CHECK_FALSE(answers(port, "127.0.0.2"));
        socket.suspend();
        CHECK(std::filesystem::exists(path));
        CHECK_FALSE(answers(path));
        std::filesystem::rename(path, temp / "run/kept");  // as after kill -9: nobody has removed it
    }
    std::filesystem::rename(temp / "run/kept", path);
    Endpoint socket{context.get_executor(), path};
    Endpoint loopback{context.get_executor(), port};
    socket.open();
    loopback.open();
    CHECK(answers(path));
    CHECK(answers(port));
    CHECK(loopback.port() == port);
}

TEST_CASE_METHOD(Fixture, "what hinders an endpoint is told with its name") {
    Endpoint first{context.get_executor(), std::uint16_t{0}};
    first.open();
    Endpoint second{context.get_executor(), first.port()};
    CHECK(error_of([&] { second.open(); }).message() ==
          "the broker cannot listen on port " + std::to_string(first.port()) + " of 127.0.0.1: Address already in use");
    CHECK_FALSE(second.is_open());
    first.close();
    second.open();
    CHECK(second.is_open());

    const auto path = temp / std::string(120, 'x');
    Endpoint deep{context.get_executor(), path};
    const Error error = error_of([&] { deep.open(); });
    CHECK(error.message() == "the path of the broker's socket is too long: " + path.string());
    CHECK(error.hint() == "Name a shorter one in EPH_SOCKET, beside which it is.");

    write_file(temp / "b-file", "a file");
    Endpoint hindered{context.get_executor(), temp / "b-file"};
    CHECK_THROWS_AS(hindered.open(), Error);
    hindered.close();
    CHECK(std::filesystem::exists(temp / "b-file"));
}

TEST_CASE_METHOD(Fixture, "of old sockets only those go that carry a session's name and where nobody listens") {
    Endpoint live{context.get_executor(), temp / "b-live"};
    live.open();
    for (const char* name : {"b-stale", "b-Other", "ephd.sock"}) {
        Endpoint old{context.get_executor(), temp / name};
        old.open();
        old.suspend();
        std::filesystem::rename(temp / name, temp / "aside");
        old.close();
        std::filesystem::rename(temp / "aside", temp / name);
    }
    write_file(temp / "b-file", "a file");
    remove_stale_endpoints(context.get_executor(), temp / "");
    CHECK_FALSE(std::filesystem::exists(temp / "b-stale"));
    for (const char* name : {"b-live", "b-Other", "ephd.sock", "b-file"}) {
        INFO(name);
        CHECK(std::filesystem::exists(temp / name));
    }
    remove_stale_endpoints(context.get_executor(), temp / "nowhere");
}

TEST_CASE_METHOD(Fixture, "whoever waits for a connection hears that the endpoint was closed") {
    Endpoint endpoint{context.get_executor(), temp / "b-abc"};
    endpoint.open();
    int connections = 0;
    bool ended = false;
    const auto accept = [](Endpoint& from, int& count, bool& over) -> Task<void> {
        for (;;) {
            const bool more = (co_await from.accept()).has_value();
            if (!more) break;
            ++count;
        }
        over = true;
    };
    asio::co_spawn(context, accept(endpoint, connections, ended), asio::detached);
    context.run_for(std::chrono::milliseconds{1});
    CHECK(answers(temp / "b-abc"));
    while (connections == 0) context.run_one();
    CHECK_FALSE(ended);
    endpoint.close();
    context.run();
    CHECK(ended);
}

// What ephd answers to a client that holds a lease, as far as eph's session reads it: heads, chunks, lines.
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "client/api_client.hpp"
#include "client/session/lease_client.hpp"
#include "client/session/usage_text.hpp"
#include "common/wire.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::fuzz {
namespace {

using Protocol = asio::local::stream_protocol;

Task<void> follow(ApiClient& api, std::size_t& lines) {
    LeaseStream stream = co_await api.open_lease("POST", "/v1/sessions", "{}", std::chrono::seconds{20});
    while (auto line = co_await stream.next()) {
        must(line->find('\n') == std::string::npos, "a line is a line", *line);
        ++lines;
        const auto issued = wire::decode<wire::Issued>(*line);
        for (const std::string& text : usage_lines(issued.session.usage.value_or(wire::Usage{})))
            must(text.find('\n') == std::string::npos, "a line is a line", text);
        (void)wire::decode<wire::LeaseEvent>(*line);
    }
}

// A place to listen at, and the client that looks there.
struct World {
    World() {
        setenv("EPH_SOCKET", (directory / "s").c_str(), 1);
        acceptor.emplace(io, Protocol::endpoint{(directory / "s").string()});
        api.emplace(Start::never);
    }
    test::TempDirectory directory;
    asio::io_context io{1};
    std::optional<Protocol::acceptor> acceptor;
    std::optional<ApiClient> api;
};

void check(std::exception_ptr thrown) {
    if (!thrown) return;
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        (void)error;  // what ephd said, or why it cannot be read
    }
}

}  // namespace

void one(std::string_view input) {
    static World world;
    world.io.restart();
    bool ended = false;
    std::size_t lines = 0;
    asio::co_spawn(world.io, follow(*world.api, lines), [&](std::exception_ptr thrown) {
        ended = true;
        check(thrown);
    });
    world.io.poll();
    {
        Protocol::socket daemon = world.acceptor->accept();
        world.io.poll();
        in_pieces(input, [&](std::string_view piece) {
            boost::system::error_code gone;
            if (!ended) daemon.write_some(asio::buffer(piece.data(), piece.size()), gone);
            world.io.poll();
        });
    }
    world.io.poll();
    must(ended, "the end of the connection is the end of the lease's stream", input);
}

}  // namespace eph::fuzz

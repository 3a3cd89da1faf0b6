// The whole way of a provider's answer over the HTTPS client, in pieces, to its end or to its breaking off.
#include <optional>

#include <boost/asio/co_spawn.hpp>

#include "common/error.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/pooled.hpp"

namespace eph::fuzz {
namespace {

const BaseUrl base{false, "127.0.0.1", "9", "/v1"};

struct Outcome {
    std::optional<HttpResponse> answer;
    std::exception_ptr failure;
    bool ended = false;
};

HttpsClient& client() {
    static HttpsClient https{{}, "", ""};
    return https;
}

void check(const Outcome& outcome, std::string_view input) {
    must(outcome.ended, "an answer comes to an end when its connection does", input);
    if (outcome.answer) {
        must(outcome.answer->status >= 0 && outcome.answer->status <= 999, "a status has three digits", input);
        must(!outcome.answer->retry_after || *outcome.answer->retry_after >= Duration{0},
             "a pause is none into the past", input);
        return;
    }
    try {
        std::rethrow_exception(outcome.failure);
    } catch (const TransportError& error) {
        must(error.maybe_sent(), "what was sent may have taken effect", input);
        must_be_printable(error.message());
    }
}

}  // namespace

void one(std::string_view input) {
    asio::io_context io{1};
    Outcome outcome;
    const Secret credential{"sk-admin-real"};
    {
        End provider = pooled_provider(client(), io, base);
        HttpRequest request;
        request.method = "POST";
        request.path = "/organization";
        request.body = "{}";
        asio::co_spawn(io, client().send(base, std::move(request), credential),
                       [&](std::exception_ptr thrown, HttpResponse answer) {
                           outcome.ended = true;
                           outcome.failure = thrown;
                           if (!thrown) outcome.answer = std::move(answer);
                       });
        io.poll();
        must(provider.hear().starts_with("POST /v1/organization HTTP/1.1\r\n"),
             "the request is there before its answer");
        in_pieces(input, [&](std::string_view piece) {
            provider.say(piece);
            io.poll();
        });
    }
    io.poll();
    client().close_idle();
    check(outcome, input);
}

}  // namespace eph::fuzz

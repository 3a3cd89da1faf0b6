// The head of an agent's request, from its bytes to what the provider gets of it; and of an answer, back.
#include <algorithm>
#include <optional>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "common/text.hpp"
#include "daemon/broker/headers.hpp"
#include "daemon/broker/paths.hpp"
#include "daemon/broker/request_scan.hpp"
#include "daemon/broker/upstreams.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view key = "the-real-key";

// eph adds a few headers of its own, and takes no more than a hundred: what has nearly as many, it could not read
// again.
bool is_crowded(const Fields& fields) { return fields.size() + 4 > field_limit; }

const std::vector<Upstream>& upstreams() {
    static const std::vector<Upstream> all = [] {
        std::vector<Upstream> made;
        for (const char* const name : {"openai", "anthropic", "google"})
            made.push_back(upstream_for(name, Config{}, parse_base_url("https://api.example.com/base")));
        return made;
    }();
    return all;
}

// The size of the head; 0: not whole, -1: refused.
int head_size(std::string_view text) {
    HeadEnd end;
    try {
        return static_cast<int>(end.look(text));
    } catch (const BadMessage&) {
        return -1;
    }
}

int head_size_in_pieces(std::string_view text) {
    HeadEnd end;
    std::size_t have = 0;
    int size = 0;
    try {
        in_pieces(text, [&](std::string_view piece) {
            have += piece.size();
            if (size == 0) size = static_cast<int>(end.look(text.substr(0, have)));
        });
    } catch (const BadMessage&) {
        return -1;
    }
    return size;
}

template <class Head>
std::optional<Head> parsed(std::string_view text) {
    Head head;
    try {
        parse_head(text, head);
    } catch (const BadMessage& bad) {
        must(bad.status() >= 400 && bad.status() < 600, "a refusal has a status", text);
        return std::nullopt;
    }
    return head;
}

// Whoever reads leniently must not read another request.
void compare_with_beast(std::string_view text, const RequestHead& head, Framing framing) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(1 << 20);
    boost::system::error_code failure;
    parser.put(boost::asio::buffer(text.data(), text.size()), failure);
    if (failure || !parser.is_header_done()) return;
    const auto& message = parser.get();
    must(message.method_string() == head.method && message.target() == head.target, "two readers see one request",
         text);
    const auto count = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
    must(count == head.fields.size(), "with as many headers", text);
    must(parser.chunked() == (framing.kind == Framing::Kind::chunked), "and the same framing", text);
    const auto length = parser.content_length();
    must((length && *length != 0) == (framing.kind == Framing::Kind::length && framing.length != 0), "and length",
         text);
}

void check_composed(const Upstream& upstream, const Forwarded& request, std::string_view from) {
    SecretBuffer out;
    compose_request(out, request, upstream, key);
    const std::string_view text = out.reveal();
    must(head_size(text) == static_cast<int>(text.size()), "what goes out is one head", text);
    const auto head = parsed<RequestHead>(text);
    must(head.has_value(), "that can be read", text);
    must(head->method == request.head.method, "with its method", text);
    must(head->target.starts_with(upstream.base.path + std::string{request.path}), "below the base", text);
    must(find_field(head->fields, "Host")->value == upstream.base.authority(), "for its host", text);
    must(count_fields(head->fields, upstream.auth.name) == 1, "with one credential", text);
    must(find_field(head->fields, upstream.auth.name)->value == upstream.auth.prefix + std::string{key}, "the real one",
         text);
    must(count_fields(head->fields, "Connection") == 0, "nothing is said of the agent's connection", text);
    must(credentials_in(query_of(head->target)).empty(), "no credential is in the query", text);
    if (request.token == "session-token")  // a shorter one may be part of what eph itself says
        for (const Field& field : head->fields)
            must(field.value.find(request.token) == field.value.npos, "the token stays here", from);
    const Framing framing = request_framing(head->fields);
    must(framing.length == request.framing.length, "the framing is the one that was asked for", text);
}

// A server that takes the escapes off, and what follows a semicolon, finds no step up or aside in it.
bool climbs(std::string_view path) {
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string segment = decode_percent(path.substr(0, end));
        const std::string name = segment.substr(0, segment.find(';'));
        if (name == "." || name == ".." || segment.find_first_of("/\\") != segment.npos) return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

void check_route(const Upstream& upstream, const RequestHead& head, Framing framing, std::string_view text) {
    const RelayRoute route = find_route(upstream, head.method, head.target);
    if (route.allowed == nullptr || is_crowded(head.fields)) return;
    must(!climbs(route.path), "no path climbs", text);
    must(path_fits(route.allowed->pattern, route.path), "the path is on the list", text);
    const std::vector<std::string> tokens = offered_tokens(head);
    const std::string_view token = tokens.empty() ? std::string_view{} : std::string_view{tokens.front()};
    check_composed(upstream, {head, route.path, route.query, framing, token}, text);
    RequestScan scan{upstream, *route.allowed, route.path};
    scan.push(text);
    (void)scan.facts();
}

void request(std::string_view text) {
    const auto head = parsed<RequestHead>(text);
    if (!head) return;
    Framing framing;
    try {
        framing = request_framing(head->fields);
    } catch (const BadMessage&) {
        return;
    }
    compare_with_beast(text, *head, framing);
    for (const Upstream& each : upstreams()) check_route(each, *head, framing, text);
}

void answer(std::string_view text) {
    const auto head = parsed<ResponseHead>(text);
    if (!head || is_crowded(head->fields)) return;
    for (const char* const method : {"GET", "HEAD"}) {
        Framing framing;
        try {
            framing = response_framing(*head, method);
        } catch (const BadMessage&) {
            continue;
        }
        if (framing.kind == Framing::Kind::to_end) framing.kind = Framing::Kind::chunked;
        std::string out;
        compose_response(out, *head, framing, true);
        must(head_size(out) == static_cast<int>(out.size()), "what the agent reads is one head", out);
        const auto again = parsed<ResponseHead>(out);
        must(again && again->status == head->status, "with that status", out);
        must(count_fields(again->fields, "Set-Cookie") == 0, "and no cookies", out);
        if (framing.kind == Framing::Kind::none) continue;
        must(response_framing(*again, method).kind == framing.kind, "and that framing", out);
    }
}

}  // namespace

void one(std::string_view input) {
    const int size = head_size(input);
    must(size == head_size_in_pieces(input), "a head's end does not depend on how it came", input);
    if (size <= 0) return;
    const std::string_view text = input.substr(0, static_cast<std::size_t>(size));
    request(text);
    answer(text);
}

}  // namespace eph::fuzz

// Heads of requests and answers: what is read, and what is refused.
#include <string>

#include "../support/catch.hpp"
#include "daemon/broker/http_head.hpp"

using namespace eph;

namespace {

std::string request(const std::string& line, const std::string& fields) { return line + "\r\n" + fields + "\r\n"; }
std::string get(const std::string& fields) { return request("GET /openai/v1/models HTTP/1.1", fields); }

// The status that a request with this text is refused with, in whatever pieces it comes; 0: it is read.
int refusal_of(const std::string& text, std::size_t step = 1) {
    try {
        HeadEnd end;
        std::size_t size = 0;
        for (std::size_t come = step; size == 0; come += step) {
            size = end.look(std::string_view{text}.substr(0, come));
            if (size == 0 && come >= text.size()) return -1;  // more is expected
        }
        RequestHead head;
        parse_head(std::string_view{text}.substr(0, size), head);
        return 0;
    } catch (const BadMessage& bad) {
        return bad.status();
    }
}

int response_refusal_of(const std::string& text) {
    try {
        ResponseHead head;
        parse_head(text, head);
        return 0;
    } catch (const BadMessage& bad) {
        return bad.status();
    }
}

}  // namespace

TEST_CASE("a request's head is read into views of its text") {
    const std::string text = request("POST /openai/v1/responses?a=b HTTP/1.1",
                                     "Host: 127.0.0.1:8080\r\nX-Empty:\r\nx-odd: \t a b\xc3\xa9 \t\r\n");
    RequestHead head;
    parse_head(text, head);
    CHECK(head.method == "POST");
    CHECK(head.target == "/openai/v1/responses?a=b");
    REQUIRE(head.fields.size() == 3);
    CHECK(find_field(head.fields, "HOST")->value == "127.0.0.1:8080");
    CHECK(find_field(head.fields, "x-empty")->value.empty());
    CHECK(find_field(head.fields, "X-Odd")->value == "a b\xc3\xa9");
    CHECK(find_field(head.fields, "Accept") == nullptr);
}

TEST_CASE("what two programs could read in two ways is refused, byte by byte and at once") {
    struct Row {
        const char* what;
        std::string text;
        int status;
    };
    const std::string host = "Host: a\r\n";
    const Row rows[] = {
        {"plain", get(host), 0},
        {"bare LF", "GET /a HTTP/1.1\nHost: a\n\n", 400},
        {"bare LF behind a header", "GET /a HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        {"bare CR in a value", get(host + "X: a\rTransfer-Encoding: chunked\r\n"), 400},
        {"bare CR in the request line", "GET /a\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"CR CR LF", "GET /a HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
        {"NUL in a value", get(host + std::string("X: a\0b\r\n", 8)), 400},
        {"NUL in a name", get(host + std::string("X\0: a\r\n", 7)), 400},
        {"DEL in a value", get(host + "X: a\x7f\r\n"), 400},
        {"control character in a value", get(host + "X: a\x01\r\n"), 400},
        {"folded", get(host + "X: a\r\n b\r\n"), 400},
        {"folded with a tab", get(host + "X: a\r\n\tb\r\n"), 400},
        {"folded at once", get(" " + host), 400},
        {"blank before the colon", get(host + "Content-Length : 5\r\n"), 400},
        {"tab before the colon", get(host + "Content-Length\t: 5\r\n"), 400},
        {"no name", get(host + ": a\r\n"), 400},
        {"no colon", get(host + "Content-Length 5\r\n"), 400},
        {"bytes above ASCII in a name", get(host + "X\xc3\xa9: a\r\n"), 400},
        {"parentheses in a name", get(host + "X(a): a\r\n"), 400},
        {"no Host", get("X: a\r\n"), 400},
        {"two Hosts", get(host + host), 400},
        {"an empty Host", get("Host: \r\n"), 400},
        {"a Host with a path", get("Host: a/b\r\n"), 400},
        {"a Host with a user", get("Host: a@b\r\n"), 400},
        {"a Host with a blank", get("Host: a b\r\n"), 400},
        {"absolute-form", request("GET http://a/b HTTP/1.1", host), 400},
        {"authority-form", request("CONNECT a:443 HTTP/1.1", host), 400},
        {"asterisk-form", request("OPTIONS * HTTP/1.1", host), 400},
        {"no target", request("GET  HTTP/1.1", host), 400},
        {"two blanks", request("GET  /a HTTP/1.1", host), 400},
        {"a blank in the target", request("GET /a b HTTP/1.1", host), 400},
        {"a tab in the target", request("GET /a\tb HTTP/1.1", host), 400},
        {"a fragment", request("GET /a#b HTTP/1.1", host), 400},
        {"bytes above ASCII in the target", request("GET /\xc3\xa9 HTTP/1.1", host), 400},
        {"a method that is no token", request("G@T /a HTTP/1.1", host), 400},
        {"a blank before the method", request(" GET /a HTTP/1.1", host), 400},
        {"HTTP/0.9", "GET /a\r\n\r\n", 400},
        {"HTTP/1.0", request("GET /a HTTP/1.0", host), 505},
        {"HTTP/2.0", request("GET /a HTTP/2.0", host), 505},
        {"HTTP/1.11", request("GET /a HTTP/1.11", host), 400},
        {"http/1.1", request("GET /a http/1.1", host), 400},
        {"an empty line first", "\r\n" + get(host), 400},
        {"a head without an end", "GET /a HTTP/1.1\r\nHost: a\r\n", -1},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        CHECK(refusal_of(row.text) == row.status);
        CHECK(refusal_of(row.text, 7) == row.status);
        CHECK(refusal_of(row.text, row.text.size()) == row.status);
    }
}

TEST_CASE("heads have a limit in size and in headers") {
    std::string fields = "Host: a\r\n";
    for (int i = 0; i < 99; ++i) fields += "X: a\r\n";
    CHECK(refusal_of(get(fields)) == 0);
    CHECK(refusal_of(get(fields + "X: a\r\n")) == 431);
    CHECK(refusal_of(get("Host: a\r\nX: " + std::string(60'000, 'a') + "\r\n"), 1000) == 0);
    CHECK(refusal_of(get("Host: a\r\nX: " + std::string(70'000, 'a') + "\r\n"), 1000) == 431);
    CHECK(refusal_of("GET /" + std::string(70'000, 'a'), 1000) == 431);
}

TEST_CASE("the end of a head is found in front of whatever follows it") {
    const std::string text = get("Host: a\r\n");
    HeadEnd end;
    CHECK(end.look(text + "GET \n\n") == text.size());
}

TEST_CASE("an answer's head is read, with and without a reason") {
    ResponseHead head;
    parse_head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head);
    CHECK(head.status == 200);
    CHECK(head.reason == "OK");
    CHECK(head.minor_version == 1);
    parse_head("HTTP/1.0 404\r\n\r\n", head);
    CHECK(head.status == 404);
    CHECK(head.reason.empty());
    CHECK(head.minor_version == 0);
    CHECK(head.fields.empty());
    for (const char* bad : {"HTTP/1.1 20 OK", "HTTP/1.1  200 OK", "HTTP/2 200 OK", "HTTP/1.1 2000 OK",
                            "HTTP/1.1 099 OK", "ICY 200 OK", "", "HTTP/1.1 200 O\x01K", "HTTP/1.1\t200 OK"}) {
        INFO(bad);
        CHECK(response_refusal_of(std::string{bad} + "\r\n\r\n") != 0);
    }
}

TEST_CASE("a member of a list is found in any of its header's lines") {
    const std::string text = get("Host: a\r\nConnection: keep-alive, X-One\r\nConnection:close\r\n");
    RequestHead head;
    parse_head(text, head);
    CHECK(list_has(head.fields, "Connection", "x-one"));
    CHECK(list_has(head.fields, "connection", "Close"));
    CHECK_FALSE(list_has(head.fields, "Connection", "keep"));
    CHECK_FALSE(list_has(head.fields, "Upgrade", "websocket"));
}

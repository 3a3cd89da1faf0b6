// HTTP/1.1 for tests: one request a connection, every wait with an end, streams read line by line.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/integration/support/program.hpp"

namespace eph::test {

using Json = nlohmann::json;

struct Reply {
    int status = 0;  // 0: the connection ended without an answer
    std::string head;
    std::string text;
    Json json() const { return Json::parse(text); }
};

class HttpConnection {
public:
    explicit HttpConnection(const std::filesystem::path& socket);
    explicit HttpConnection(int port);  // on 127.0.0.1
    ~HttpConnection() { close(); }
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void send(const std::string& bytes);
    void request(const std::string& method, const std::string& target, const std::string& body = "",
                 const Variables& headers = {});
    Reply reply(Limit limit = 60s);

    // For answers that go on: the head first, then each line. No line: the stream has ended.
    int head(Limit limit = 60s);
    std::optional<std::string> line(Limit limit = 60s);

    void close();

private:
    bool fill(Limit limit);  // false at the end of the connection; fails the test when nothing comes
    void dechunk();

    int descriptor_ = -1;
    std::string raw_;      // not looked at yet
    std::string content_;  // of the chunks so far
    std::string head_;
    bool ended_ = false;
};

}  // namespace eph::test

// A blocking HTTP client, just enough to ask eph-sim something.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace eph::contract {

struct Reply {
    unsigned status = 0;  // 0: the connection ended before a whole answer had come
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string failure;  // why there is no whole answer

    nlohmann::json json() const { return nlohmann::json::parse(body); }
    std::string header(const std::string& name) const;
};

// One connection, kept alive; a new one is made after a failure.
class HttpClient {
public:
    explicit HttpClient(unsigned short port);
    ~HttpClient();

    // `headers` are whole lines such as "x-api-key: K", with a newline between them.
    Reply call(const std::string& method, const std::string& target, const std::string& body = {},
               const std::string& headers = {});

    // The two halves of call(), for a request whose answer does not come.
    void send(const std::string& method, const std::string& target, const std::string& body,
              const std::string& headers);
    Reply receive();

private:
    struct Connection;

    unsigned short port_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace eph::contract

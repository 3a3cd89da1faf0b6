// HTTP requests to providers: pooled TLS connections, a deadline on every step, credentials only in wiped memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/async/task.hpp"
#include "common/error.hpp"
#include "common/secret.hpp"
#include "common/time.hpp"
#include "daemon/bounds.hpp"
#include "daemon/https/url.hpp"

namespace eph {

// In which header a provider wants its key: `Authorization: Bearer `, `x-api-key: `. No name, or no key: none is sent.
struct AuthHeader {
    std::string name = "Authorization";
    std::string prefix = "Bearer ";
};

struct HttpRequest {
    std::string method;
    std::string path;  // below the base URL, with its query
    std::string body;  // JSON, or ""
    AuthHeader auth = {};
    std::string more_headers = {};  // whole lines, each with its end
};

struct HttpResponse {
    int status = 0;
    std::string body;
    std::optional<Duration> retry_after;  // from Retry-After, either form (RFC 9110 10.2.3)
};

// A request that got no answer. Whether it took effect cannot be known once any of it was sent.
class TransportError : public Error {
public:
    TransportError(Error error, bool maybe_sent) : Error(std::move(error)), maybe_sent_(maybe_sent) {}
    bool maybe_sent() const { return maybe_sent_; }

private:
    bool maybe_sent_;
};

struct HttpLimits {
    Duration resolve = std::chrono::seconds{10};
    Duration connect = std::chrono::seconds{10};
    Duration handshake = std::chrono::seconds{10};
    Duration answer = std::chrono::seconds{30};
    Duration idle = std::chrono::seconds{60};                 // a pooled connection older than this is not used again
    std::size_t idle_connections = bounds::idle_connections;  // in the pool; the oldest goes first
};

// How a connection to a provider comes about.
struct Probe {
    std::string proxy;    // that it goes through, or ""
    Duration connecting;  // the look-up of the address included
    Duration handshake;
    std::string version;  // TLSv1.3; "" without TLS
    std::string owner;    // whose certificate it is
    std::string issuer;
    std::optional<Timestamp> valid_until;
};

class Connection;

class HttpsClient {
public:
    // `https_proxy`, `no_proxy`: as in the environment. TLS trusts the system's store, or SSL_CERT_FILE.
    HttpsClient(HttpLimits limits, std::string https_proxy, std::string no_proxy);
    ~HttpsClient();

    // Throws TransportError. `credential` goes out in the header that the request names; it must live until the answer.
    Task<HttpResponse> send(BaseUrl base, HttpRequest request, const Secret& credential);

    Task<Probe> probe(BaseUrl base);  // a connection of its own, closed again; throws Error

    void close_idle();  // drops what has been idle for too long

    // For who speaks HTTP by itself. One that was used before may turn out to be closed; nullptr: there is none.
    std::unique_ptr<Connection> pooled(const BaseUrl& base);
    Task<std::unique_ptr<Connection>> connect(BaseUrl base);  // throws TransportError of which nothing was sent
    // After a whole answer. One with anything unread is closed: that would be taken for the next answer.
    void give_back(const BaseUrl& base, std::unique_ptr<Connection> connection);

private:
    struct Idle {
        BaseUrl base;
        std::unique_ptr<Connection> connection;
        std::chrono::steady_clock::time_point since;
    };

    void close_old();
    Task<std::unique_ptr<Connection>> open(BaseUrl base);

    HttpLimits limits_;
    std::string https_proxy_;
    std::string no_proxy_;
    struct Trust;
    Trust& trust();  // read when the first TLS connection is made: a system's store is a hundred certificates and more
    std::unique_ptr<Trust> trust_;
    std::vector<Idle> idle_;
};

// Delta-seconds or an HTTP date, at most a day; nothing for anything else.
std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now);

}  // namespace eph

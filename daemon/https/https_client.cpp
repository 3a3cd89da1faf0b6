// The pool: which connection a request takes, and what becomes of it afterwards.
#include "daemon/https/https_client.hpp"

#include <algorithm>

#include "common/async/within.hpp"
#include "daemon/https/opening.hpp"
#include "daemon/https/trust.hpp"

namespace eph {
namespace {

// Two records at once where much comes; every connection has so much.
constexpr std::size_t read_ahead = std::size_t{34} * 1024;

// A socket that Asio has once waited for to take bytes wakes it whenever it could, and not only when there is something
// to read. Connecting is such a wait.
Connection::Socket registered_anew(asio::ip::tcp::socket socket) {
    const auto protocol = socket.local_endpoint().protocol();
    const auto executor = socket.get_executor();
    return {executor, protocol, socket.release()};
}

}  // namespace

HttpsClient::HttpsClient(HttpLimits limits, std::string https_proxy, std::string no_proxy)
    : limits_(limits), https_proxy_(std::move(https_proxy)), no_proxy_(std::move(no_proxy)) {}

HttpsClient::~HttpsClient() = default;

HttpsClient::Trust::Trust() {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.native_handle(), 1);
    SSL_CTX_set_default_read_buffer_len(context.native_handle(), read_ahead);
    context.set_default_verify_paths();  // honours SSL_CERT_FILE and SSL_CERT_DIR
    context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
}

HttpsClient::Trust& HttpsClient::trust() {
    if (!trust_) trust_ = std::make_unique<Trust>();
    return *trust_;
}

void HttpsClient::close_idle() {
    close_old();
    std::erase_if(idle_, [](const Idle& each) { return !each.connection->usable(); });
}

void HttpsClient::close_old() {
    const auto oldest = std::chrono::steady_clock::now() - limits_.idle;
    std::erase_if(idle_, [&](const Idle& each) { return each.since < oldest; });
}

std::unique_ptr<Connection> HttpsClient::pooled(const BaseUrl& base) {
    close_old();
    // The youngest first: it is the least likely to be closed by the other side at this moment.
    while (true) {
        const auto found =
            std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& each) { return each.base == base; });
        if (found == idle_.rend()) return nullptr;
        auto connection = std::move(found->connection);
        idle_.erase(std::next(found).base());
        if (connection->usable()) return connection;
    }
}

void HttpsClient::give_back(const BaseUrl& base, std::unique_ptr<Connection> connection) {
    if (connection->has_unread()) return;
    if (idle_.size() >= limits_.idle_connections) idle_.erase(idle_.begin());
    idle_.push_back({base, std::move(connection), std::chrono::steady_clock::now()});
}

Task<std::unique_ptr<Connection>> HttpsClient::connect(BaseUrl base) {
    try {
        co_return co_await open(base);
    } catch (const Error& error) {
        throw TransportError{error, false};
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // the request was given up
        throw TransportError{
            Error{Code::provider_unreachable, "no connection to {}: {}", base.authority(), error.code().message()},
            false};
    }
}

Task<std::unique_ptr<Connection>> HttpsClient::open(BaseUrl base) {
    const Proxy proxy = proxy_for(base, https_proxy_, no_proxy_);
    const std::string& host = proxy.empty() ? base.host : proxy.host;
    const std::string& port = proxy.empty() ? base.port : proxy.port;
    bool none_free = false;
    std::optional<asio::ip::tcp::socket> connected;
    try {
        connected = co_await connect_tcp(host, port, limits_);
    } catch (const Error& error) {
        if (error.code() != Code::busy || idle_.empty()) throw;
        none_free = true;
    }
    if (none_free) {  // what may be of use later makes room for what is needed now
        idle_.clear();
        connected = co_await connect_tcp(host, port, limits_);
    }
    auto socket = std::move(connected.value());
    if (!proxy.empty()) co_await tunnel(socket, proxy, base, limits_);
    if (!base.tls) co_return std::make_unique<Connection>(registered_anew(std::move(socket)));
    auto connection = std::make_unique<Connection>(registered_anew(std::move(socket)), trust().context.native_handle());
    co_await handshake(*connection, base, limits_);
    co_return connection;
}

Task<HttpResponse> HttpsClient::send(BaseUrl base, HttpRequest request, const Secret& credential) {
    bool sent = false;
    bool keep = false;
    try {
        std::unique_ptr<Connection> connection = pooled(base);
        if (!connection) connection = co_await open(base);
        const std::string sentence = fmt::format("{} did not answer within {} s", base.authority(),
                                                 std::chrono::ceil<std::chrono::seconds>(limits_.answer).count());
        HttpResponse answer =
            co_await within(limits_.answer, exchange(*connection, base, request, credential, sent, keep), sentence);
        if (keep) give_back(base, std::move(connection));
        co_return answer;
    } catch (const Error& error) {
        throw TransportError{error, sent};
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // ephd is stopping
        throw TransportError{
            Error{Code::provider_unreachable, "no connection to {}: {}", base.authority(), error.code().message()},
            sent};
    }
}

}  // namespace eph

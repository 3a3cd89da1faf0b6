// The pool: which connection a request takes, and what becomes of it afterwards.
#include "daemon/https/https_client.hpp"

#include <algorithm>

#include "common/async/within.hpp"
#include "daemon/https/connection.hpp"
#include "daemon/https/trust.hpp"

namespace eph {

HttpsClient::HttpsClient(HttpLimits limits, std::string https_proxy, std::string no_proxy)
    : limits_(limits), https_proxy_(std::move(https_proxy)), no_proxy_(std::move(no_proxy)) {}

HttpsClient::~HttpsClient() = default;

HttpsClient::Trust::Trust() {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
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

std::unique_ptr<HttpsClient::Connection> HttpsClient::reuse(const BaseUrl& base) {
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
    if (!connection->usable()) return;
    if (idle_.size() >= limits_.idle_connections) idle_.erase(idle_.begin());
    idle_.push_back({base, std::move(connection), std::chrono::steady_clock::now()});
}

Task<HttpsClient::Acquired> HttpsClient::acquire(BaseUrl base, bool fresh) {
    Acquired acquired;
    if (!fresh) acquired.connection = reuse(base);
    if (acquired.connection) {
        acquired.pooled = true;
        co_return acquired;
    }
    try {
        acquired.connection = co_await open(base);
    } catch (const Error& error) {
        throw TransportError{error, false};
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // the request was given up
        throw TransportError{
            Error{Code::provider_unreachable, "no connection to {}: {}", base.authority(), error.code().message()},
            false};
    }
    co_return acquired;
}

Task<std::unique_ptr<HttpsClient::Connection>> HttpsClient::open(BaseUrl base) {
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
    if (!base.tls) co_return std::make_unique<Connection>(std::move(socket));
    auto connection = std::make_unique<Connection>(std::move(socket), trust().context);
    co_await handshake(std::get<Connection::Tls>(connection->stream()), base, limits_);
    co_return connection;
}

Task<HttpResponse> HttpsClient::send(BaseUrl base, HttpRequest request, const Secret& credential) {
    bool sent = false;
    bool keep = false;
    try {
        std::unique_ptr<Connection> connection = reuse(base);
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

// Resolving, connecting, tunnelling and the TLS handshake.
#include "daemon/https/opening.hpp"

#include <openssl/x509v3.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "common/async/signal.hpp"
#include "common/async/wipe_stack.hpp"
#include "common/async/within.hpp"

namespace eph {
namespace {

constexpr const char* network_hint = "Check the network; behind a proxy, set HTTPS_PROXY where ephd is started.";
constexpr const char* proxy_hint = "See HTTPS_PROXY and NO_PROXY in ephd's environment.";

using tcp = asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

std::string in_seconds(Duration limit) {
    return fmt::format("{} s", std::chrono::ceil<std::chrono::seconds>(limit).count());
}

// getaddrinfo(3) cannot be interrupted, so at its limit it is left to end by itself, with nobody listening.
struct Lookup {
    explicit Lookup(asio::any_io_executor executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    Signal done;
    bool answered = false;
    boost::system::error_code failure;
    Endpoints endpoints;
};

Task<Endpoints> resolve(std::string host, std::string port, Duration limit) {
    boost::system::error_code not_an_address;
    if (const auto address = asio::ip::make_address(host, not_an_address); !not_an_address) {
        co_return Endpoints{tcp::endpoint{address, static_cast<unsigned short>(std::stoi(port))}};
    }
    const auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
    wipe_stack();  // the first look-up starts a thread, which would inherit what stands in the registers
    lookup->resolver.async_resolve(
        host, port, [lookup](boost::system::error_code failure, const tcp::resolver::results_type& found) {
            for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
            lookup->failure = failure;
            lookup->answered = true;
            lookup->done.notify();
        });
    const auto until = Signal::Clock::now() + limit;
    while (!lookup->answered) {
        if (Signal::Clock::now() >= until) {
            throw Error{Code::timeout, "the address of {} was not found within {}", host, in_seconds(limit)};
        }
        co_await lookup->done.wait_until(until);
    }
    if (lookup->failure) {
        throw Error{Code::provider_unreachable, "cannot find the address of {}: {}", host, lookup->failure.message()}
            .hint(network_hint);
    }
    co_return std::move(lookup->endpoints);
}

Task<void> connect_any(tcp::socket& socket, Endpoints endpoints, std::string where) {
    const auto [failure, used] = co_await asio::async_connect(socket, endpoints, as_result);
    throw_if_cancelled(failure);
    if (failure == asio::error::no_descriptors)
        throw Error{Code::busy, "cannot connect to {}: ephd has too many files open", where}.hint(
            "Raise the limit where ephd is started: ulimit -n 1024");
    if (failure)
        throw Error{Code::provider_unreachable, "cannot connect to {}: {}", where, failure.message()}.hint(
            network_hint);
}

Task<void> ask_proxy(tcp::socket& socket, std::string question, std::string proxy_name, std::string target_name) {
    co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
    std::string answer;
    const auto [failure, size] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(answer, 16384), "\r\n\r\n", as_result);
    throw_if_cancelled(failure);
    if (failure)
        throw Error{Code::provider_unreachable, "the proxy {} broke off: {}", proxy_name, failure.message()}.hint(
            proxy_hint);
    const std::string_view status = std::string_view{answer}.substr(0, answer.find("\r\n"));
    if (!status.starts_with("HTTP/1.") || status.size() < 12 || status.substr(9, 1) != "2") {
        throw Error{Code::provider_unreachable, "the proxy {} refuses to connect to {}", proxy_name, target_name}.hint(
            proxy_hint);
    }
}

Task<void> shake(Connection& connection, std::string where) {
    const auto [failure, size] = co_await connection.async_handshake(as_result);
    if (!failure) co_return;
    throw_if_cancelled(failure);
    const long verdict = SSL_get_verify_result(connection.tls());
    if (verdict != X509_V_OK) {
        throw Error{Code::provider_unreachable, "the certificate of {} is not trusted: {}", where,
                    X509_verify_cert_error_string(verdict)}
            .hint("If a gateway stands in between, name its certificate authority in SSL_CERT_FILE for ephd.");
    }
    throw Error{Code::provider_unreachable, "no TLS with {}: {}", where, failure.message()}.hint(
        "Check the base URL: something else than the provider may answer there.");
}

}  // namespace

Task<tcp::socket> connect_tcp(std::string host, std::string port, HttpLimits limits) {
    Endpoints endpoints = co_await resolve(host, port, limits.resolve);
    tcp::socket socket{co_await asio::this_coro::executor};
    const std::string where = host + ":" + port;
    co_await within(limits.connect, connect_any(socket, std::move(endpoints), where),
                    fmt::format("{} did not accept a connection within {}", where, in_seconds(limits.connect)));
    socket.set_option(tcp::no_delay{true});
    co_return socket;
}

Task<void> tunnel(tcp::socket& socket, Proxy proxy, BaseUrl target, HttpLimits limits) {
    const std::string wanted =
        (target.host.find(':') == target.host.npos ? target.host : "[" + target.host + "]") + ":" + target.port;
    std::string question = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", wanted, wanted);
    if (!proxy.authorization.empty()) question += "Proxy-Authorization: Basic " + proxy.authorization + "\r\n";
    question += "\r\n";
    co_await within(limits.connect, ask_proxy(socket, std::move(question), proxy.host + ":" + proxy.port, wanted),
                    fmt::format("the proxy {} did not answer within {}", proxy.host, in_seconds(limits.connect)));
}

Task<void> handshake(Connection& connection, BaseUrl target, HttpLimits limits) {
    boost::system::error_code not_an_address;
    (void)asio::ip::make_address(target.host, not_an_address);
    SSL* const ssl = connection.tls();
    if (not_an_address) {  // SNI takes names only; the call behind the macro SSL_set_tlsext_host_name
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, target.host.data());
    }
    // OpenSSL's own check of the name, because it says what it found.
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = not_an_address ? X509_VERIFY_PARAM_set1_host(wanted, target.host.c_str(), 0)
                                   : X509_VERIFY_PARAM_set1_ip_asc(wanted, target.host.c_str());
    if (set != 1) throw Error{Code::internal, "the certificate of {} cannot be checked", target.host};
    co_await within(
        limits.handshake, shake(connection, target.authority()),
        fmt::format("{} did not finish the TLS handshake within {}", target.authority(), in_seconds(limits.handshake)));
}

}  // namespace eph

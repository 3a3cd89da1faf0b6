// A connection that is only looked at.
#include <openssl/x509.h>

#include "common/text.hpp"
#include "daemon/https/opening.hpp"
#include "daemon/https/trust.hpp"

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

Duration since(Clock::time_point began) { return std::chrono::duration_cast<Duration>(Clock::now() - began); }

std::string name_in(const X509_NAME* name, int field) {
    const int at = X509_NAME_get_index_by_NID(name, field, -1);
    if (at < 0) return {};
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
    return printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), size}, 80);
}

void read_certificate(SSL* ssl, Probe& probe) {
    X509* certificate = SSL_get1_peer_certificate(ssl);
    if (certificate == nullptr) return;
    const X509_NAME* issuer = X509_get_issuer_name(certificate);
    probe.owner = name_in(X509_get_subject_name(certificate), NID_commonName);
    probe.issuer = name_in(issuer, NID_organizationName);
    if (probe.issuer.empty()) probe.issuer = name_in(issuer, NID_commonName);
    std::tm until{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) == 1)
        probe.valid_until = from_millis(static_cast<std::int64_t>(timegm(&until)) * 1000);
    X509_free(certificate);
}

}  // namespace

Task<Probe> HttpsClient::probe(BaseUrl base) {
    Probe found{};
    const Proxy proxy = proxy_for(base, https_proxy_, no_proxy_);
    found.proxy = proxy.empty() ? "" : proxy.host + ":" + proxy.port;
    auto began = Clock::now();
    auto socket =
        co_await connect_tcp(proxy.empty() ? base.host : proxy.host, proxy.empty() ? base.port : proxy.port, limits_);
    if (!proxy.empty()) co_await tunnel(socket, proxy, base, limits_);
    found.connecting = since(began);
    if (!base.tls) co_return found;
    Connection connection{std::move(socket), trust().context.native_handle()};
    began = Clock::now();
    co_await handshake(connection, base, limits_);
    found.handshake = since(began);
    found.version = SSL_get_version(connection.tls());
    read_certificate(connection.tls(), found);
    co_return found;
}

}  // namespace eph

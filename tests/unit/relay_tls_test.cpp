// The relay to a provider by TLS.
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../support/catch.hpp"
#include "../support/environment.hpp"
#include "../support/temp_directory.hpp"
#include "relay_rig.hpp"

using namespace eph;
using namespace eph::test;

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* what) const {
        Free(what);
    }
};
using KeyPair = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

Certificate self_signed(EVP_PKEY* key, const char* names) {
    Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
    X509_set_pubkey(certificate.get(), key);
    const auto* name = reinterpret_cast<const unsigned char*>("relay-test");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate.get(), key, EVP_sha256());
    return certificate;
}

// What a provider needs to speak TLS, and what ephd needs to trust it.
class Authority {
public:
    explicit Authority(const char* names = "IP:127.0.0.1")
        : key_(EVP_EC_gen("P-256")),
          certificate_(self_signed(key_.get(), names)),
          context_(SSL_CTX_new(TLS_server_method())) {
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        BIO* file = BIO_new_file(path().c_str(), "w");
        PEM_write_bio_X509(file, certificate_.get());
        BIO_free(file);
    }
    std::string path() const { return (directory_.path() / "ca.pem").string(); }
    SSL_CTX* context() const { return context_.get(); }

private:
    TempDirectory directory_;
    KeyPair key_;
    Certificate certificate_;
    Context context_;
};

// A connection that the relay has opened, with TLS on top of it.
class TlsPeer {
public:
    TlsPeer(Peer peer, const Authority& authority) : peer_(std::move(peer)), session_(SSL_new(authority.context())) {
        SSL_set_fd(session_.get(), peer_.native());
        ready_ = SSL_accept(session_.get()) == 1;
    }
    bool ready() const { return ready_; }
    std::string read_until(std::string_view mark) {
        std::string text;
        while (!text.ends_with(mark)) {
            char c = 0;
            REQUIRE(SSL_read(session_.get(), &c, 1) == 1);
            text += c;
        }
        return text;
    }
    void send(std::string_view text) { SSL_write(session_.get(), text.data(), static_cast<int>(text.size())); }
    void say_goodbye() { SSL_shutdown(session_.get()); }
    void close() { peer_.close(); }

private:
    Peer peer_;
    Session session_;
    bool ready_ = false;
};

struct TlsRig {
    explicit TlsRig(const Authority& authority) : trusted("SSL_CERT_FILE", authority.path()) {
        rig.in_loop([this] {
            rig.session->upstream.base = parse_base_url(fmt::format("https://127.0.0.1:{}/v1", rig.provider.port()));
        });
    }
    ScopedVariable trusted;
    Rig rig;
};

}  // namespace

TEST_CASE("a connection by TLS is kept, too, and its requests and answers come in one piece each") {
    const Authority authority;
    TlsRig tls{authority};
    Peer agent = tls.rig.agent();
    agent.send(post(small_request));
    TlsPeer provider{tls.rig.provider.accept(), authority};
    for (int i = 0; i < 3; ++i) {
        CHECK(provider.read_until("\r\n\r\n" + small_request).find("\r\nAuthorization: Bearer real-key\r\n") !=
              std::string::npos);
        provider.send(answer("{}"));
        CHECK(status_of(agent.read_answer()) == 200);
        agent.send(post(small_request));
    }
    CHECK(tls.rig.provider.nobody_waits());
}

TEST_CASE("an answer by TLS that ends with its connection is whole only if the provider has said so") {
    const Authority authority;
    TlsRig tls{authority};
    Peer agent = tls.rig.agent();
    agent.send(post(small_request));
    TlsPeer provider{tls.rig.provider.accept(), authority};
    provider.read_until(small_request);
    provider.send(plain_stream_head + "data: 1\n\n");
    agent.read_until("data: 1\n\n\r\n");
    SECTION("it has") {
        provider.say_goodbye();
        provider.close();
        CHECK(agent.read(5) == "0\r\n\r\n");
    }
    SECTION("it has not") {
        provider.close();
        CHECK(agent.end() == Peer::End::broken);
    }
}

TEST_CASE("a large body goes through TLS unchanged") {
    const Authority authority;
    TlsRig tls{authority};
    Peer agent = tls.rig.agent();
    const std::string body = R"({"model": "m", "input": ")" + std::string(3'000'000, 'x') + "END\"}";
    auto sender = agent.send_aside(post(body));
    TlsPeer provider{tls.rig.provider.accept(), authority};
    CHECK(provider.read_until("END\"}").ends_with(body));
    sender.get();
    provider.send(answer(body));
    CHECK(body_of(agent.read_answer()) == body);
}

TEST_CASE("a provider that cannot show that it is the one gets neither the request nor the key") {
    const Authority authority{"DNS:api.example.com"};
    TlsRig tls{authority};
    Peer agent = tls.rig.agent();
    agent.send(post(small_request));
    const TlsPeer provider{tls.rig.provider.accept(), authority};
    const std::string no = agent.read_answer();
    CHECK(status_of(no) == 502);
    CHECK(no.find("certificate of 127.0.0.1") != no.npos);
    CHECK(tls.rig.usage().requests == 0);
}

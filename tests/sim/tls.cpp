// Loading or making the certificate. What OpenSSL refuses ends the process with its reason.
#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace eph::sim {
namespace {

using KeyPair = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

constexpr long kDay = 24 * 60 * 60;

void require(bool success, const char* what) {
    if (!success) throw std::runtime_error(std::string{"TLS: cannot "} + what);
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    require(extension != nullptr, "make a certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// Its own authority, so that trusting this one file is enough; backdated, because tests turn the clock.
Certificate self_signed(EVP_PKEY* key) {
    Certificate certificate{X509_new(), X509_free};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -30 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 365 * kDay);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const unsigned char common_name[] = "eph-sim";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "sign the certificate");
    return certificate;
}

template <class Write>
std::string pem(Write write) {
    const Bio bio{BIO_new(BIO_s_mem()), BIO_free_all};
    require(write(bio.get()) == 1, "write PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

void use_self_signed(boost::asio::ssl::context& context, const std::string& certificate_out) {
    const KeyPair key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    require(key != nullptr, "make a key");
    const Certificate certificate = self_signed(key.get());
    const std::string certificate_text = pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
    const std::string key_text =
        pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    context.use_certificate_chain(boost::asio::buffer(certificate_text));
    context.use_private_key(boost::asio::buffer(key_text), boost::asio::ssl::context::pem);
    if (certificate_out.empty()) return;
    std::ofstream file{certificate_out};
    file << certificate_text << std::flush;
    if (!file) throw std::runtime_error("cannot write the certificate to " + certificate_out);
}

}  // namespace

boost::asio::ssl::context make_tls_context(const Options& options) {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
    if (options.tls_cert.empty()) {
        use_self_signed(context, options.tls_cert_out);
    } else {
        context.use_certificate_chain_file(options.tls_cert);
        context.use_private_key_file(options.tls_key, boost::asio::ssl::context::pem);
    }
    return context;
}

}  // namespace eph::sim

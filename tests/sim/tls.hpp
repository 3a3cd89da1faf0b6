// The server's side of TLS: a certificate from files, or a self-signed one made on the spot.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "options.hpp"

namespace eph::sim {

// Writes the self-signed certificate to --tls-cert-out, so that a client can be told to trust it (SSL_CERT_FILE).
boost::asio::ssl::context make_tls_context(const Options& options);

}  // namespace eph::sim

// Whom TLS trusts. Included only by the sources of https/.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "daemon/https/https_client.hpp"

namespace eph {

struct HttpsClient::Trust {
    Trust();
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
};

}  // namespace eph

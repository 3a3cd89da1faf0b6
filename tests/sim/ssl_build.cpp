// The one place where Asio's TLS function bodies are compiled; eph_net leaves them out because eph has no TLS.
#include <boost/asio/ssl/impl/src.hpp>

// The one place where Asio's TLS function bodies are compiled.
#include <boost/asio/ssl/impl/src.hpp>

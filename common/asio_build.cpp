// The one place where Asio's and Beast's function bodies are compiled; everything else sees declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>

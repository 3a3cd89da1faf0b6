// The blocking client, on Beast.
#include "http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>

namespace eph::contract {

namespace asio = boost::asio;
namespace http = boost::beast::http;

struct HttpClient::Connection {
    asio::io_context io;
    asio::ip::tcp::socket socket{io};
    boost::beast::flat_buffer buffer;
};

std::string Reply::header(const std::string& name) const {
    for (const auto& [known, value] : headers)
        if (known == name) return value;
    return {};
}

HttpClient::HttpClient(unsigned short port) : port_{port} {}
HttpClient::~HttpClient() = default;

void HttpClient::send(const std::string& method, const std::string& target, const std::string& body,
                      const std::string& headers) {
    if (!connection_) {
        connection_ = std::make_unique<Connection>();
        connection_->socket.connect({asio::ip::address_v4::loopback(), port_});
    }
    http::request<http::string_body> request{http::verb::get, target, 11};
    request.method_string(method);
    request.set(http::field::host, "127.0.0.1");
    std::istringstream lines{headers};
    for (std::string line; std::getline(lines, line);)
        request.set(line.substr(0, line.find(": ")), line.substr(line.find(": ") + 2));
    request.body() = body;
    request.prepare_payload();
    http::write(connection_->socket, request);
}

Reply HttpClient::receive() {
    http::response_parser<http::string_body> parser;
    boost::system::error_code error;
    http::read(connection_->socket, connection_->buffer, parser, error);
    Reply reply;
    reply.body = parser.get().body();
    if (error) {
        reply.failure = error.message();
        connection_.reset();
        return reply;
    }
    reply.status = parser.get().result_int();
    for (const auto& field : parser.get())
        reply.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    if (!parser.keep_alive()) connection_.reset();
    return reply;
}

Reply HttpClient::call(const std::string& method, const std::string& target, const std::string& body,
                       const std::string& headers) {
    send(method, target, body, headers);
    return receive();
}

}  // namespace eph::contract

// HTTP/1.1 over the Unix socket, by Beast.
#include "client/api_client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "client/daemon_start.hpp"
#include "common/async/wipe_stack.hpp"
#include "common/async/within.hpp"
#include "common/paths.hpp"
#include "common/peer.hpp"
#include "common/providers.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {

namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;

constexpr std::size_t buffer_size = 8192;  // of a lease's connection

struct LeaseStream::Connection {
    explicit Connection(Protocol::socket from) : socket(std::move(from)) { buffer.reserve(buffer_size); }

    Protocol::socket socket;
    boost::beast::flat_buffer buffer;
    http::response_parser<http::buffer_body> parser;
    std::string text;  // what has come of lines not yet taken
};

namespace {

constexpr Duration start_limit = std::chrono::seconds{15};  // for an ephd that is ending to be gone

constexpr const char* it_hangs =
    "It hangs: eph daemon logs shows what it said last. Once it is killed, the next ephd goes on.";

Error broken(const boost::system::error_code& failure) {
    return Error{Code::daemon_unreachable, "the connection to ephd broke: {}", failure.message()}.hint(
        "eph daemon status shows whether it runs, eph daemon logs what it said.");
}

// Where there is no XDG_RUNTIME_DIR the socket is below /tmp, in which anybody may have made one of that name. What
// goes through it are credentials: so nobody listens there but this user, or root, who does so for this user's service.
void must_be_ours(const Protocol::socket& socket, const std::string& path) {
    const Peer peer = peer_of(const_cast<Protocol::socket&>(socket).native_handle());
    if (peer.uid == getuid() || peer.uid == 0) return;
    throw Error{Code::forbidden, "another user (uid {}) listens on the socket {}", peer.uid, path}.hint(
        "Set XDG_RUNTIME_DIR to a directory of your own, and leave EPH_SOCKET unset, so that eph asks your own ephd.");
}

enum class Tried { connected, nobody, busy };

// Not asynchronously: a Unix socket connects at once or not at all, and with a full queue asio takes it for connected.
Tried try_connect(Protocol::socket& socket, const std::string& path) {
    const Protocol::endpoint endpoint{path};
    socket = Protocol::socket{socket.get_executor(), Protocol{}};
    socket.native_non_blocking(true);
    if (::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0) {
        must_be_ours(socket, path);
        return Tried::connected;
    }
    const int reason = errno;
    if (reason == EAGAIN || reason == EINTR) return Tried::busy;
    if (reason == ENOENT || reason == ECONNREFUSED) return Tried::nobody;
    throw Error{Code::daemon_unreachable, "cannot reach ephd at {}: {}", path, std::strerror(reason)}.hint(
        "See whose it is: ls -l " + path);
}

Task<Protocol::socket> connect(Start start) {
    const std::string path = socket_path().string();
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        throw Error{Code::usage, "the socket's path is too long: {}", path}.hint("Name a shorter one in EPH_SOCKET.");
    }
    Protocol::socket socket{co_await asio::this_coro::executor};
    const auto until = std::chrono::steady_clock::now() + start_limit;
    bool elsewhere = false;
    bool busy = false;
    while (std::chrono::steady_clock::now() < until) {
        const Tried tried = try_connect(socket, path);
        if (tried == Tried::connected) co_return socket;
        busy = tried == Tried::busy;
        if (!busy) {
            if (start == Start::never) break;
            elsewhere = !start_daemon();
            if (!elsewhere) continue;
        }
        asio::steady_timer pause{socket.get_executor(), std::chrono::milliseconds{50}};
        co_await pause.async_wait(use_awaitable);
    }
    if (busy) throw Error{Code::daemon_unreachable, "ephd takes no connection on {}", path}.hint(it_hangs);
    if (elsewhere) throw ephd_elsewhere();
    throw Error{Code::daemon_unreachable, "ephd does not listen on {}", path}.hint("See its log: eph daemon logs");
}

Task<void> send(Protocol::socket& socket, std::string bytes) {
    const auto [failure, size] = co_await asio::async_write(socket, asio::buffer(bytes), as_result);
    wipe(bytes);
    if (failure) throw broken(failure);
}

void throw_if_refused(int status, const std::string& body) {
    if (status < 400) return;
    if (auto error = wire::decode_error(body)) throw *error;
    throw Error{Code::internal, "ephd answered with status {} and no reason", status}.hint(
        "Compare eph --version with ephd --version.");
}

Task<ApiAnswer> converse(std::string request, Start start) {
    Protocol::socket socket = co_await connect(start);
    co_await send(socket, std::move(request));
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(256 * 1024 * 1024);
    const auto [failure, size] = co_await http::async_read(socket, buffer, parser, as_result);
    if (failure) throw broken(failure);
    ApiAnswer answer;
    answer.status = static_cast<int>(parser.get().result_int());
    answer.body = std::move(parser.get().body());
    co_return answer;
}

// Reads what has come into `text`; false at the end of the answer.
Task<bool> read_more(LeaseStream::Connection& connection) {
    if (connection.parser.is_done()) co_return false;
    std::array<char, 8192> piece{};
    auto& body = connection.parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    body.more = true;
    const auto [failure, size] =
        co_await http::async_read_some(connection.socket, connection.buffer, connection.parser, as_result);
    if (failure && failure != http::error::need_buffer) throw broken(failure);
    connection.text.append(piece.data(), piece.size() - body.size);
    wipe_range(piece.data(), piece.size());
    connection.buffer.shrink_to_fit();  // what was read stays in it else; a block that is freed is wiped
    connection.buffer.reserve(buffer_size);
    co_return true;
}

Task<void> read_head(LeaseStream::Connection& connection, std::string request) {
    co_await send(connection.socket, std::move(request));
    const auto [failure, size] =
        co_await http::async_read_header(connection.socket, connection.buffer, connection.parser, as_result);
    if (failure) throw broken(failure);
    const int status = static_cast<int>(connection.parser.get().result_int());
    if (status < 400) co_return;
    while (co_await read_more(connection)) {
    }
    throw_if_refused(status, connection.text);
}

}  // namespace

Error not_understood(const std::string& why) {
    return Error{Code::internal, "ephd answered what this eph does not understand: {}", why}.hint(
        "Compare eph --version with ephd --version; after an update: eph daemon restart");
}

LeaseStream::LeaseStream() = default;
LeaseStream::~LeaseStream() = default;
LeaseStream::LeaseStream(LeaseStream&&) noexcept = default;
LeaseStream& LeaseStream::operator=(LeaseStream&&) noexcept = default;

Task<std::optional<std::string>> LeaseStream::next() {
    std::string& text = connection_->text;
    std::size_t end = text.find('\n');
    while (end == text.npos) {
        if (!co_await read_more(*connection_)) co_return std::nullopt;
        end = text.find('\n');
    }
    std::string line = text.substr(0, end);
    std::string rest = text.substr(end + 1);
    wipe(text);
    text = std::move(rest);
    co_return line;
}

namespace {

std::string value_of(const std::string& variable) {
    std::string value{trim(environment(variable.c_str()))};
    if (has_control(value))
        throw Error{Code::usage, "{} holds control characters", variable}.hint("Set it again, on one line.");
    return value;
}

}  // namespace

ApiClient::ApiClient(std::string_view provider, Start start) : start_(start) {
    const std::string name = canonical_provider(provider);
    if (!is_provider_name(name)) throw Error{Code::usage, "'{}' cannot be a provider's name", printable(provider, 40)};
    if (name != "openai") headers_ = fmt::format("{}: {}\r\n", wire::provider_header, name);
    const auto add = [&](std::string_view header, const std::string& variable) {
        const std::string value = value_of(variable);
        if (!value.empty()) headers_ += fmt::format("{}: {}\r\n", header, value);
        return !value.empty();
    };
    if (add(wire::account_header, "EPH_ACCOUNT")) return;  // whoever names a stored account means that one alone
    for (const std::string& variable : credential_variables(name)) {
        if (key_variable_.empty() && !value_of(variable).empty()) key_variable_ = variable;
    }
    if (makes_keys_at(name)) add(wire::project_header, "OPENAI_PROJECT_ID");
    add(wire::base_url_header, base_url_variable(name));
}

// With room for the body: a text that grows leaves pieces of the key behind. Nor is the key formatted, on the stack.
std::string ApiClient::head(const std::string& method, const std::string& target, std::size_t body_size) const {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{}", method, target,
                                   wire::host_name, body_size, headers_);
    const std::string key = key_variable_.empty() ? std::string{} : value_of(key_variable_);
    text.reserve(text.size() + wire::admin_key_header.size() + key.size() + body_size + 8);
    if (!key.empty()) {
        text += wire::admin_key_header;
        text += ": ";
        text += key;
        text += "\r\n";
    }
    text += "\r\n";
    return text;
}

Task<ApiAnswer> ApiClient::call(std::string method, std::string target, std::string body, Duration limit) {
    std::string request = head(method, target, body.size());
    request += body;
    wipe(body);
    const std::string sentence = fmt::format("ephd did not answer {} {} within {} s", method, target,
                                             std::chrono::ceil<std::chrono::seconds>(limit).count());
    ApiAnswer answer;
    std::optional<Error> silence;
    try {
        answer = co_await within(limit, converse(std::move(request), start_), sentence);
    } catch (const Error& error) {
        if (error.code() != Code::timeout) throw;
        silence = error;
    }
    if (silence) throw std::move(*silence).hint(it_hangs);
    throw_if_refused(answer.status, answer.body);
    if (!wire::is_document(answer.body)) throw not_understood("it is not JSON");
    co_return answer;
}

Task<LeaseStream> ApiClient::open_lease(std::string method, std::string target, std::string body, Duration limit) {
    LeaseStream stream;
    stream.connection_ = std::make_unique<LeaseStream::Connection>(co_await connect(start_));
    stream.connection_->parser.body_limit(boost::none);
    std::string request = head(method, target, body.size());
    request += body;
    const std::string sentence =
        fmt::format("ephd did not answer within {} s", std::chrono::ceil<std::chrono::seconds>(limit).count());
    co_await within(limit, read_head(*stream.connection_, std::move(request)), sentence);
    co_return stream;
}

int run_task(Task<int> work) {
    asio::io_context context{1};
    int status = 0;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, int result) {
        failure = thrown;
        status = result;
    });
    run_and_wipe(context);
    if (failure) std::rethrow_exception(failure);
    return status;
}

}  // namespace eph

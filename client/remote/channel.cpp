// Messages are a length and so many bytes; numbers are big-endian, as everywhere in ssh.
#include "client/remote/channel.hpp"

#include <sys/socket.h>

#include <cstring>
#include <optional>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace eph {
namespace {

using Socket = asio::local::stream_protocol::socket;

enum Message : std::uint32_t {
    hello = 0x00000001,
    new_session = 0x10000002,
    open_forward = 0x10000006,
    permission_denied = 0x80000002,
    not_done = 0x80000003,
    exit_message = 0x80000004,
    session_opened = 0x80000006,
    remote_port = 0x80000007,
};
constexpr std::uint32_t remote_forward = 2;
constexpr std::uint32_t unix_socket = 0xfffffffe;  // in place of a port's number
constexpr std::uint32_t protocol_version = 4;
constexpr std::uint32_t no_escape = 0xffffffff;
constexpr std::uint32_t longest = 256 * 1024;  // of a message; ssh's own limit
constexpr int unknown_status = 255;

void add(std::string& text, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xff);
}

void add(std::string& text, std::string_view part) {
    add(text, static_cast<std::uint32_t>(part.size()));
    text += part;
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(text[at + i]);
    return number;
}

std::string message(std::string_view content) {
    std::string text;
    add(text, content);
    return text;
}

// As the master expects it: a descriptor with a byte of its own.
bool send_descriptor(int socket, int descriptor) {
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr head{};
    head.msg_iov = &data;
    head.msg_iovlen = 1;
    head.msg_control = control.data();
    head.msg_controllen = control.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    return sendmsg(socket, &head, 0) == 1;
}

// Nothing at the end of the connection.
Task<std::optional<std::string>> read_message(Socket& socket) {
    std::string text(4, '\0');
    const auto [failure, size] = co_await asio::async_read(socket, asio::buffer(text), as_result);
    if (failure) co_return std::nullopt;
    const std::uint32_t length = number_at(text, 0);
    if (length < 4 || length > longest) co_return std::nullopt;
    text.resize(length);
    const auto [broken, read] = co_await asio::async_read(socket, asio::buffer(text), as_result);
    if (broken) co_return std::nullopt;
    co_return text;
}

}  // namespace

std::string mux_hello() {
    std::string content;
    add(content, hello);
    add(content, protocol_version);
    return message(content);
}

std::string mux_new_session(const ChannelRequest& request) {
    std::string content;
    add(content, new_session);
    add(content, 0);                              // the number of the request
    add(content, std::string_view{});             // reserved
    for (int i = 0; i < 4; ++i) add(content, 0);  // no terminal, no X11, no ssh agent, no subsystem
    add(content, no_escape);
    add(content, std::string_view{});  // the terminal's type
    add(content, request.command);
    for (const std::string& variable : request.environment) add(content, variable);
    return message(content);
}

std::string mux_remote_port(const std::string& socket) {
    std::string content;
    add(content, open_forward);
    add(content, 0);  // the number of the request
    add(content, remote_forward);
    add(content, "127.0.0.1");
    add(content, 0);  // any port
    add(content, socket);
    add(content, unix_socket);
    return message(content);
}

namespace {

// Both texts fit into the socket's buffer: nobody is waited for.
bool ask(Socket& socket, const std::string& control_socket, const std::string& question) {
    boost::system::error_code failed;
    socket.connect({control_socket}, failed);
    if (failed) return false;
    const std::string text = mux_hello() + question;
    asio::write(socket, asio::buffer(text), failed);
    return !failed;
}

// What the master says behind its own hello. Nothing at the end of the connection.
Task<std::optional<std::string>> read_answer(Socket& socket) {
    std::optional<std::string> answer = co_await read_message(socket);
    if (answer && number_at(*answer, 0) == hello) answer = co_await read_message(socket);
    co_return answer;
}

}  // namespace

Task<PortAnswer> ask_for_port(std::string control_socket, std::string target) {
    Socket socket{co_await asio::this_coro::executor};
    PortAnswer said;
    if (!ask(socket, control_socket, mux_remote_port(target))) co_return said;
    const std::optional<std::string> answer = co_await read_answer(socket);
    constexpr std::size_t number_is_at = 8;  // behind the request's number
    constexpr std::size_t reason_is_at = number_is_at + 4;
    if (!answer || answer->size() < reason_is_at) co_return said;
    const std::uint32_t type = number_at(*answer, 0);
    if (type == remote_port) said.port = static_cast<int>(number_at(*answer, number_is_at) & 0xffff);
    if (type == permission_denied || type == not_done) said.refusal = answer->substr(reason_is_at);
    co_return said;
}

Task<std::unique_ptr<Channel>> Channel::open(std::string control_socket, ChannelRequest request,
                                             std::array<int, 3> streams) {
    std::unique_ptr<Channel> none;
    Socket socket{co_await asio::this_coro::executor};
    if (!ask(socket, control_socket, mux_new_session(request))) co_return none;
    for (const int each : streams) {
        if (!send_descriptor(socket.native_handle(), each)) co_return none;
    }
    const std::optional<std::string> answer = co_await read_answer(socket);
    if (!answer || number_at(*answer, 0) != session_opened) co_return none;
    co_return std::unique_ptr<Channel>{new Channel{std::move(socket)}};
}

// To the end of the connection, which comes when all that the command has said is written.
Task<int> Channel::ended() {
    constexpr std::size_t status_at = 8;  // behind the session's number
    int status = unknown_status;
    while (const auto said = co_await read_message(socket_)) {
        if (number_at(*said, 0) == exit_message && said->size() >= status_at + 4)
            status = static_cast<int>(number_at(*said, status_at) & 0xff);
    }
    co_return status;
}

void Channel::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace eph

// What eph asks of an ssh that is the master of a connection (ControlMaster): a command on the host, a port there. It
// speaks the protocol of the control socket, OpenSSH's PROTOCOL.mux, by itself, where another ssh would need
// milliseconds only to start.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/local/stream_protocol.hpp>

#include "common/async/task.hpp"

namespace eph {

struct ChannelRequest {
    std::string command;
    std::vector<std::string> environment;  // NAME=value
};

// The messages of a client: the first one, and what is asked for.
std::string mux_hello();
std::string mux_new_session(const ChannelRequest& request);
std::string mux_remote_port(const std::string& socket);

struct PortAnswer {
    int port = 0;         // 0: none
    std::string refusal;  // in the master's words
};

// Has the connection carry a port of the host's loopback, which the host chooses, back to a Unix socket of this
// machine.
Task<PortAnswer> ask_for_port(std::string control_socket, std::string socket);

class Channel {
public:
    // `streams`: the command's stdin, stdout and stderr, from which and to which ssh copies. Nothing where the master
    // or the host takes no more sessions, or the master speaks otherwise.
    static Task<std::unique_ptr<Channel>> open(std::string control_socket, ChannelRequest request,
                                               std::array<int, 3> streams);

    // The command's exit status; 255, as ssh has it, where a signal or the connection has ended it.
    Task<int> ended();

    void close();  // the host's sshd hangs up on the command

private:
    using Socket = asio::local::stream_protocol::socket;
    explicit Channel(Socket socket) : socket_(std::move(socket)) {}

    Socket socket_;
};

}  // namespace eph

// What eph asks an ssh master for, byte by byte as OpenSSH's PROTOCOL.mux has it.
#include "client/remote/channel.hpp"

#include "tests/support/catch.hpp"

using namespace eph;

TEST_CASE("a client of ssh's master begins with its version of the protocol") {
    CHECK(mux_hello() == std::string("\0\0\0\x08\0\0\0\x01\0\0\0\x04", 12));
}

TEST_CASE("a session is asked for without a terminal, forwardings or escapes, with the variables behind the command") {
    const std::string head("\x10\0\0\x02\0\0\0\0", 8);  // MUX_C_NEW_SESSION and the request's number
    const std::string reserved(4, '\0');
    const std::string flags(16, '\0');  // terminal, X11, ssh agent, subsystem
    const std::string escape(4, '\xff');
    const std::string terminal(4, '\0');
    const std::string command(
        "\0\0\0\x07"
        "exec sh",
        11);
    const std::string content = head + reserved + flags + escape + terminal + command;
    CHECK(mux_new_session({"exec sh", {}}) == std::string("\0\0\0\x2f", 4) + content);
    const std::string variables(
        "\0\0\0\x06"
        "LANG=C\0\0\0\x04X=\xc3\xa9",
        18);
    CHECK(mux_new_session({"exec sh", {"LANG=C", "X=é"}}) == std::string("\0\0\0\x41", 4) + content + variables);
}

TEST_CASE("a port of the host's loopback, any, is asked for, that leads to a Unix socket") {
    const std::string head("\x10\0\0\x06\0\0\0\0\0\0\0\x02", 12);  // MUX_C_OPEN_FWD, its number, from the remote side
    const std::string listen(
        "\0\0\0\x09"
        "127.0.0.1\0\0\0\0",
        17);
    const std::string connect(
        "\0\0\0\x05"
        "/r/b'\xff\xff\xff\xfe",
        13);
    CHECK(mux_remote_port("/r/b'") == std::string("\0\0\0\x2a", 4) + head + listen + connect);
}

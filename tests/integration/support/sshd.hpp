// A throw-away sshd on loopback, and an ssh that knows it as `testhost`.
#pragma once

#include <memory>

#include "tests/integration/support/home.hpp"

namespace eph::test {

int free_port();  // of loopback: nobody listens there now

class Sshd {
public:
    // Puts an `ssh` first on `home`'s PATH that has, besides `testhost`, `deadhost`, where nobody listens. `lines` come
    // first in sshd's configuration; `around` are the words of a program that runs sshd.
    explicit Sshd(TempHome& home, const std::string& lines = "", std::vector<std::string> around = {});

    pid_t pid() const { return program_->pid(); }  // of sshd, or of what runs it
    std::string log() const { return program_->err(); }

    std::filesystem::path host_home() const { return home_.path("remote"); }  // of who logs in there
    void tool(const std::string& path, const std::string& text);  // an sh script, by its path below that home
    void agent(const std::string& text) { tool(".local/bin/pi", text); }

    int port() const { return port_; }
    int connections() const;  // that were accepted
    void cut();               // ends every connection, as a cable that is pulled would, for the client at once

private:
    void make_keys();
    void configure_client();
    bool start();

    TempHome& home_;
    std::string lines_;
    std::vector<std::string> around_;
    int port_ = 0;
    std::unique_ptr<Program> program_;
};

}  // namespace eph::test

// A throw-away sshd on loopback, and an ssh that knows it as `testhost`.
#pragma once

#include <memory>

#include "tests/integration/support/home.hpp"

namespace eph::test {

class Sshd {
public:
    // Puts an `ssh` first on `home`'s PATH that has, besides `testhost`, `deadhost`, where nobody listens.
    explicit Sshd(TempHome& home);

    // Home of who logs in there.
    std::filesystem::path remote_home() const { return home_.path("remote"); }
    // An executable there, by its path below the home directory.
    void script(const std::string& path, const std::string& text);

    int connections() const;  // that were accepted
    void cut();               // ends every connection, as a cable that is pulled would, for the client at once

private:
    void make_keys();
    void configure_client();
    bool start();

    TempHome& home_;
    int port_ = 0;
    std::unique_ptr<Program> program_;
};

}  // namespace eph::test

// A program in a terminal of its own, with a person at the keys.
#pragma once

#include "tests/integration/support/program.hpp"

namespace eph::test {

class Pty {
public:
    Pty(std::vector<std::string> argv, const Variables& variables);
    ~Pty();  // hangs up, as closing the window does
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;

    pid_t pid() const { return pid_; }
    void type(const std::string& keys);
    const std::string& screen();                                // everything shown so far
    void wait_for(const std::string& text, Limit limit = 20s);  // fails the test when it does not appear
    int wait(Limit limit = 30s);                                // the exit status, as Finished has it
    bool echoes();                                              // whether what is typed is shown
    void hang_up();                                             // closes the window
    bool running();

private:
    void look();

    pid_t pid_ = -1;
    int status_ = -1;
    int descriptor_ = -1;
    std::string screen_;
};

}  // namespace eph::test

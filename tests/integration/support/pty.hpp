// A program in a terminal of its own, with a person at the keys.
#pragma once

#include "tests/integration/support/program.hpp"

namespace eph::test {

class Terminal {
public:
    Terminal(std::vector<std::string> argv, const Variables& variables);
    ~Terminal();  // hangs up, as closing the window does
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    pid_t pid() const { return pid_; }
    void type(const std::string& keys);
    const std::string& shown();                                     // everything so far
    void wait_for(const std::string& text, Limit limit = 20s);      // fails the test when it does not appear
    int wait(Limit limit = 30s);                                    // the exit status, as Finished has it
    void close();                                                   // closes the window

private:
    void look();
    bool running();

    pid_t pid_ = -1;
    int status_ = -1;
    int descriptor_ = -1;
    std::string shown_;
};

}  // namespace eph::test

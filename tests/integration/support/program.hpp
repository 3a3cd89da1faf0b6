// A child process of a test: its output goes to files, and every wait has an end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace eph::test {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string>;
using Limit = std::chrono::milliseconds;

// True as soon as `condition` holds; false when `limit` came first.
template <class Condition>
bool eventually(Condition condition, Limit limit = 20s);

struct Finished {
    int status = -1;  // the exit status; 128 + the signal, as a shell has it
    std::string out;
    std::string err;
};

class Program {
public:
    // argv[0] is a path or is looked for on PATH. `input` is the whole of its stdin. It dies with the test.
    Program(std::vector<std::string> argv, const Variables& variables, const std::string& input = "");
    ~Program();  // KILL, if it still runs
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number);
    Finished wait(Limit limit = 30s);  // fails the test when it goes on for longer

    std::string out() const;  // so far
    std::string err() const;
    void wait_for_out(const std::string& text, Limit limit = 20s);  // fails the test when it does not come
    void wait_for_err(const std::string& text, Limit limit = 20s);

private:
    void wait_for(const std::string& text, std::FILE* file, Limit limit);

    std::string name_;
    pid_t pid_ = -1;
    int status_ = -1;
    std::FILE* out_ = nullptr;
    std::FILE* err_ = nullptr;
};

void pause_briefly();  // between two looks at something that cannot be waited for

template <class Condition>
bool eventually(Condition condition, Limit limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= until) return false;
        pause_briefly();
    }
}

}  // namespace eph::test

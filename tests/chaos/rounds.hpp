// All rounds of a run, some at once, each a process of its own.
#pragma once

#include "tests/chaos/figures.hpp"
#include "tests/chaos/options.hpp"

namespace eph::chaos {

class Rounds {
public:
    explicit Rounds(const Options& options) : options_(options) {}

    int run();  // the exit status of chaos

private:
    struct Running {
        int round;
        std::filesystem::path directory;
        std::int64_t began;
    };
    bool wanted() const;
    void begin(int round);
    void reap();
    void report(const Running& running, int status);
    int verdict() const;

    const Options& options_;
    std::map<pid_t, Running> running_;
    int next_ = 0, done_ = 0;
    int started_sessions_ = 0;
    bool impossible_ = false;
    std::int64_t began_ = 0;
    Figures figures_;
};

}  // namespace eph::chaos

// A child process of a test, with pipes to its stdin and from its stdout and stderr; every wait has an end.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace eph::test {

using Environment = std::map<std::string, std::string>;

class Process {
public:
    Process(const std::vector<std::string>& argv, const Environment& environment, const std::string& directory);
    ~Process();  // KILL, if it still runs
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void write(const std::string& text);
    void close_input();
    std::string line();    // the next line of stdout, without its end; throws after 20 s or at the end
    std::string output();  // stdout to its end
    std::string errors();  // stderr to its end
    int wait();            // the exit status, 128 + the signal as a shell has it; throws after 20 s
    pid_t pid() const { return pid_; }

private:
    bool fill(int fd, std::string& buffer);

    pid_t pid_ = -1;
    int input_ = -1, output_ = -1, errors_ = -1;
    std::string pending_;
};

}  // namespace eph::test

// Time, and programs that are started, waited for and timed: for the programs of tests/bench.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace eph::bench {

// Of the wall clock, to be compared with what other programs have written down.
inline double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

inline std::string text(double value, const char* unit, int digits = 2) {
    char line[64];
    std::snprintf(line, sizeof line, "%.*f%s", digits, value, unit);
    return line;
}
inline std::string ms(double value) { return text(value, " ms", value < 20 ? 2 : 0); }
inline std::string times(double value) { return text(value, " times"); }
inline std::string more(double value) { return (value < 0 ? "" : "+ ") + text(value, " ms", 1); }

// From the program's start to its end, which is waited for without looking now and then. What it says goes nowhere.
inline double run_time(std::vector<std::string> words, const std::map<std::string, std::string>& variables) {
    std::vector<std::string> settings;
    for (const auto& [name, value] : variables) settings.push_back(name + "=" + value);
    std::vector<char*> arguments;
    std::vector<char*> environment;
    for (std::string& word : words) arguments.push_back(word.data());
    for (std::string& setting : settings) environment.push_back(setting.data());
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t streams;
    posix_spawn_file_actions_init(&streams);
    posix_spawn_file_actions_addopen(&streams, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&streams, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&streams, 2, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    int status = 0;
    const auto began = std::chrono::steady_clock::now();
    const int failure = posix_spawn(&pid, arguments[0], &streams, nullptr, arguments.data(), environment.data());
    if (failure == 0) waitpid(pid, &status, 0);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    posix_spawn_file_actions_destroy(&streams);
    if (failure != 0 || status != 0) throw std::runtime_error(words[0] + " failed");
    return took.count();
}

}  // namespace eph::bench

// strace(1) on a running ephd: it counts the steps of what ephd does, kills ephd before one of them, or lets one fail.
#pragma once

#include <map>

#include "tests/instants/stage.hpp"

namespace eph::test {

// The system calls that are steps: what reaches the disk, and what reaches or comes from the provider and clients.
inline const std::vector<std::string> disk_calls{"pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink"};
inline const std::vector<std::string> all_calls{"mkdir",  "pwrite64", "fsync",   "fdatasync", "ftruncate",
                                                "rename", "unlink",   "write",   "connect",   "sendmsg",
                                                "sendto", "recvmsg",  "recvfrom"};

using Steps = std::map<std::string, int>;  // system call -> how often

class Tracer {
public:
    // As an option of strace: "trace=..." or "inject=...". Root's alone, since ephd is undumpable.
    Tracer(Stage& stage, const std::vector<std::string>& calls, const std::string& injection = "");
    ~Tracer();

    void detach();  // from then on ephd's calls are as they are
    Steps counted() const;
    bool injected() const;  // it came to that step

private:
    Stage& stage_;
    std::unique_ptr<Program> strace_;
};

}  // namespace eph::test

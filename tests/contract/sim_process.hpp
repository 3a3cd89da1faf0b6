// A running eph-sim, for as long as this object lives.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace eph::contract {

class SimProcess {
public:
    explicit SimProcess(std::vector<std::string> arguments = {});  // returns when it listens
    ~SimProcess();
    SimProcess(const SimProcess&) = delete;
    SimProcess& operator=(const SimProcess&) = delete;

    unsigned short port() const { return port_; }

    // Ends it with SIGTERM, and says how it ended: its exit status, or -1 for death by a signal.
    int stop();

private:
    pid_t pid_ = -1;
    unsigned short port_ = 0;
};

}  // namespace eph::contract

// A piece of network between two programs, which can be taken away: a TCP relay on loopback in a process of its own.
#pragma once

#include <sys/types.h>

namespace eph::chaos {

class Network {
public:
    explicit Network(int to_port);
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    int port() const { return port_; }
    pid_t pid() const { return pid_; }

    void pass() { say('p'); }     // what was held back goes on
    void silence() { say('s'); }  // nothing comes through, and nobody is told
    void cut() { say('c'); }      // every connection is reset, the new ones too

private:
    void say(char what);

    pid_t pid_ = -1;
    int control_ = -1;
    int port_ = 0;
};

}  // namespace eph::chaos

// A stretch of the way to a provider: connections go through it, and it can end those that are idle.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace eph::test {

class Hop {
public:
    explicit Hop(int port);  // on 127.0.0.1, where the provider is
    ~Hop();
    Hop(const Hop&) = delete;
    Hop& operator=(const Hop&) = delete;

    int port() const { return port_; }
    int connections() const { return connections_; }  // that are open
    void end_connections();  // in good order, as a server does that has had enough of waiting; returns when they are

private:
    struct Both {
        int client = -1;
        int provider = -1;
    };
    void carry();
    bool pass(int from, int to) const;
    void accept_one();
    void close_all();

    int listener_ = -1;
    int port_ = 0;
    int provider_port_;
    std::vector<Both> pairs_;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> ending_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace eph::test

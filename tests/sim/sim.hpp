// Everything that eph-sim consists of, and the one door to it: a call in, an answer out.
#pragma once

#include <cstdint>
#include <fstream>

#include "call.hpp"
#include "faults.hpp"
#include "options.hpp"
#include "recorder.hpp"
#include "world.hpp"

namespace eph::sim {

struct Connections {
    std::uint64_t total = 0, open = 0;
};

struct Sim {
    explicit Sim(Options parsed) : options{std::move(parsed)}, world{options}, latency{options.latency} {}

    Options options;
    World world;
    Faults faults;
    Recorder recorder;
    Connections connections;
    std::chrono::milliseconds latency;
    std::ofstream log;
};

bool is_control(const Call& call);
bool is_admin(const Call& call);

// Each carries the call out, effects and all.
Answer answer_control(Sim& sim, const Call& call);
Answer answer_admin(Sim& sim, const Call& call);
Answer answer_model(Sim& sim, const Call& call);

}  // namespace eph::sim

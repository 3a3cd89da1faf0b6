// The control API under /_sim/, by which tests look at the simulated provider and make trouble.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "sim.hpp"

namespace eph::sim {

// GET /_sim/wait?count=N&match=WORDS&after=SEQ&answered=1&timeout_ms=N: answers as soon as N calls came that match.
bool is_wait(const Call& call);
boost::asio::awaitable<Answer> wait_for_calls(Sim& sim, Call call);

// Do all the blank-separated words of `match` fit? One of capital letters is the method; any other is somewhere in
// "/path?query", which may hold "GET" as well: ids are random.
bool matches(const Call& call, const std::string& match);

}  // namespace eph::sim

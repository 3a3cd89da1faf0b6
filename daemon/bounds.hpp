// How much ephd takes on at once, and how long it waits for others: each bound with its reason, so that nobody who
// may talk to it can use up what revoking needs. What one connection of an agent may do stands in broker/relay.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/time.hpp"

namespace eph::bounds {

// --- a request to the API ---
inline constexpr std::uint32_t api_head = 16 * 1024;  // an admin key and a base URL are the longest in it
// What a thousand models in a session's limits take. All clients together never hold more than api_clients times it.
inline constexpr std::uint64_t api_body = 64 * 1024;
inline constexpr Duration api_silence = std::chrono::minutes{1};  // between requests, and for the whole of one
inline constexpr Duration stranger = std::chrono::seconds{2};     // the same for another user, who is refused anyway
inline constexpr Duration api_unread = std::chrono::seconds{10};  // for a client to take an answer

// --- the API's clients together ---
// A session takes one, for as long as it lives. Where all are taken, who has kept ephd waiting for longest for a
// request goes first.
inline constexpr std::size_t api_clients = 2048;
// Of them, for what looks and what ends things (routes that say so): leases and creations never take these.
inline constexpr std::size_t api_reserve = 64;
// Of answers that nobody has read yet. Past it, who has been reading one for longest is cut off.
inline constexpr std::size_t api_unsent = std::size_t{32} * 1024 * 1024;

// --- what is asked of providers ---
inline constexpr std::size_t creations = 32;                         // at once; others wait their turn
inline constexpr Duration creation_turn = std::chrono::seconds{60};  // at most; eph waits for two minutes
inline constexpr std::size_t idle_connections = 40;                  // kept for the next request

// --- agents ---
inline constexpr std::size_t agent_connections = 256;  // of one session; who has shown no token yet goes first

// --- descriptors ---
inline constexpr Duration accept_pause = std::chrono::seconds{1};  // where the system has none left at all
inline constexpr std::size_t fewest_descriptors = 48;
// Nothing here asks for more, and programs that ephd runs should not find thousands of thousands to close.
inline constexpr std::size_t most_descriptors = 16384;

// How the descriptors that the system allows are shared out. What ephd needs to revoke is set aside first.
struct DescriptorPlan {
    std::size_t limit = 0;
    std::size_t reserve = 0;    // the ledger, the log, timers (15), stores' pipes, and all that goes to providers
    std::size_t pool = 0;       // of the reserve: idle connections to providers
    std::size_t creations = 0;  // of the reserve: under way at the same time
    std::size_t clients = 0;    // of the API
    std::size_t agents = 0;     // for sessions through the broker: one an endpoint, two a connection
};
DescriptorPlan plan_descriptors(std::size_t limit);

// The soft limit becomes the hard one, up to `most_descriptors`: select(2), for whose sake it is low, is used nowhere
// here. Returns it. Throws Error{usage} where there are too few to work with.
std::size_t raise_descriptor_limit();

}  // namespace eph::bounds

// Decisions that a seed repeats, on any machine: no distribution of the standard library's, which may differ.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace eph::chaos {

class Random {
public:
    // Each round has its own, so that it can be repeated alone.
    Random(std::uint64_t seed, std::uint64_t round) : generator_(seed * 0x9E3779B97F4A7C15ULL + round) {
        generator_.discard(16);
    }

    int below(int limit) { return static_cast<int>(generator_() % static_cast<std::uint64_t>(limit)); }
    int between(int from, int to) { return from + below(to - from + 1); }
    bool chance(int percent) { return below(100) < percent; }

    template <class T>
    T one_of(std::initializer_list<T> values) {
        return *(values.begin() + below(static_cast<int>(values.size())));
    }

    template <class T>
    struct Weighed {
        T value;
        int weight;
    };
    template <class T>
    T weighed(std::initializer_list<Weighed<T>> values) {
        int sum = 0;
        for (const auto& each : values) sum += each.weight;
        int at = below(sum);
        for (const auto& each : values) {
            if (at < each.weight) return each.value;
            at -= each.weight;
        }
        return values.begin()->value;
    }

private:
    std::mt19937_64 generator_;  // its sequence is the standard's
};

}  // namespace eph::chaos

// What is counted, in a round and over all.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace eph::chaos {

struct Longest {
    std::int64_t ms = 0;
    int round = 0;
    std::string why;  // what it was waiting for
    void consider(const Longest& other) {
        if (other.ms > ms) *this = other;
    }
};

struct Figures {
    std::map<std::string, std::map<std::string, int>> counts;  // by kind and name
    Longest from_over;                                         // from "session over" to "key gone at the provider"
    Longest from_calm;   // the same, counted from the end of the faults where that was later
    Longest to_settled;  // from the end of the faults until every row was settled
    std::vector<std::string> leaks;

    void count(const std::string& kind, const std::string& name, int number = 1) { counts[kind][name] += number; }
    int sum(const std::string& kind) const;
    void add(const Figures& other);
};

nlohmann::json to_json(const Figures& figures);
Figures figures_in(const nlohmann::json& json);
std::string table(const Figures& figures);

}  // namespace eph::chaos

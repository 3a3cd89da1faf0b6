// Sums and their table.
#include "tests/chaos/figures.hpp"

#include <cstdio>

namespace eph::chaos {
namespace {

using Json = nlohmann::json;

Json to_json(const Longest& longest) { return {{"ms", longest.ms}, {"round", longest.round}, {"why", longest.why}}; }

Longest longest_in(const Json& json) { return {json.at("ms"), json.at("round"), json.at("why")}; }

std::string row(const std::string& name, const std::string& value) {
    char text[160];
    std::snprintf(text, sizeof text, "  %-44s %9s\n", name.c_str(), value.c_str());
    return text;
}

std::string row(const char* name, const Longest& longest) {
    char value[32];
    std::snprintf(value, sizeof value, "%.1f s", static_cast<double>(longest.ms) / 1000);
    std::string text = row(name, std::string{value});
    if (longest.ms > 0)
        text += "    in round " + std::to_string(longest.round) + ", waiting for: " + longest.why + "\n";
    return text;
}

}  // namespace

int Figures::sum(const std::string& kind) const {
    int sum = 0;
    if (const auto found = counts.find(kind); found != counts.end()) {
        for (const auto& [name, number] : found->second) sum += number;
    }
    return sum;
}

void Figures::add(const Figures& other) {
    for (const auto& [kind, names] : other.counts) {
        for (const auto& [name, number] : names) count(kind, name, number);
    }
    from_over.consider(other.from_over);
    from_calm.consider(other.from_calm);
    to_settled.consider(other.to_settled);
    leaks.insert(leaks.end(), other.leaks.begin(), other.leaks.end());
}

Json to_json(const Figures& figures) {
    return {{"counts", figures.counts},
            {"from_over", to_json(figures.from_over)},
            {"from_calm", to_json(figures.from_calm)},
            {"to_settled", to_json(figures.to_settled)},
            {"leaks", figures.leaks}};
}

Figures figures_in(const Json& json) {
    Figures figures;
    figures.counts = json.at("counts");
    figures.from_over = longest_in(json.at("from_over"));
    figures.from_calm = longest_in(json.at("from_calm"));
    figures.to_settled = longest_in(json.at("to_settled"));
    figures.leaks = json.at("leaks");
    return figures;
}

std::string table(const Figures& figures) {
    std::string text;
    for (const auto& [kind, names] : figures.counts) {
        text += row(kind, std::to_string(figures.sum(kind)));
        if (names.size() == 1 && names.begin()->first.empty()) continue;
        for (const auto& [name, number] : names) text += row("  " + name, std::to_string(number));
    }
    text += row("longest from session over to key gone", figures.from_over);
    text += row("longest from then or the faults' end, whichever is later", figures.from_calm);
    text += row("longest from the faults' end to a settled ledger", figures.to_settled);
    text += row("leaks", std::to_string(figures.leaks.size()));
    return text;
}

}  // namespace eph::chaos

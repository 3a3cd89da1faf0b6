// What the programs of tests/bench print: on stdout rows of the table of docs/performance.md, which scripts/bench
// collects, and on stderr whatever else is worth knowing of a run.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace eph::bench {

// The values of one thing that was measured several times; in milliseconds, unless it says otherwise.
struct Figure {
    std::vector<double> values;

    void add(double value) { values.push_back(value); }
    double at(double part) const {  // 0: the least, 0.5: the median, 1: the most
        std::vector<double> sorted = values;
        std::sort(sorted.begin(), sorted.end());
        return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    }
    double median() const { return at(0.5); }
};

// A line for people, on stderr: the least, the median, the most.
inline void show(const char* what, const Figure& figure) {
    std::fprintf(stderr, "%-58s %9.2f %9.2f %9.2f\n", what, figure.at(0), figure.median(), figure.at(1));
}

// A row of the table: what it was measured as, beside what, the ratio or difference that was reached, and the one to
// reach.
inline void row(const std::string& what, const std::string& measured, const std::string& against,
                const std::string& reached, const std::string& to_reach) {
    std::printf("| %s | %s | %s | %s | %s |\n", what.c_str(), measured.c_str(), against.c_str(), reached.c_str(),
                to_reach.c_str());
    std::fflush(stdout);
}

}  // namespace eph::bench

// Columns of text.
#include "tests/instants/table.hpp"

#include <iostream>
#include <numeric>

#include <fmt/format.h>

namespace eph::test {

int Table::broken() const {
    return std::accumulate(lines_.begin(), lines_.end(), 0,
                           [](int sum, const auto& each) { return sum + each.second.broken; });
}

int Table::missed() const {
    return std::accumulate(lines_.begin(), lines_.end(), 0,
                           [](int sum, const auto& each) { return sum + each.second.missed; });
}

void Table::print() const {
    std::cout << fmt::format("\n{}\n{:<18} {:>7} {:>7} {:>7}  {}\n", what_, "operation", "broken", "missed", "wrong",
                             "its steps");
    for (const auto& [name, line] : lines_) {
        std::string steps;
        for (const auto& [call, count] : line.steps) steps += fmt::format("{} {}  ", count, call);
        std::cout << fmt::format("{:<18} {:>7} {:>7} {:>7}  {}\n", name, line.broken, line.missed, line.wrong, steps);
    }
    std::cout << std::flush;
}

}  // namespace eph::test

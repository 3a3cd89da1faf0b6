// The table that is printed: what was broken where, and how often all was well afterwards.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/instants/tracer.hpp"

namespace eph::test {

struct Line {
    Steps steps;     // of the operation when nothing goes wrong
    int broken = 0;  // runs in which that step came, and went wrong
    int missed = 0;  // runs in which it did not come: ephd read its answer in fewer pieces, or needed no checkpoint
    int wrong = 0;
};

class Table {
public:
    explicit Table(std::string what) : what_(std::move(what)) {}
    Line& operator[](const std::string& operation) { return lines_[operation]; }
    int broken() const;
    int missed() const;
    void print() const;

private:
    std::string what_;
    std::map<std::string, Line> lines_;
};

}  // namespace eph::test

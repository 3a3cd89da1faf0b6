// What eph says on standard error: one tidy line that updates on a terminal, plain lines elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace eph {

// [#####-----] 75/150
std::string progress_bar(std::int64_t done, std::int64_t total);

class Progress {
public:
    Progress();
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void step(std::string_view text);   // what is happening now; on a terminal the next one takes its place
    void clear();                       // takes the step's line off the terminal
    void say(std::string_view text);    // a line that stays
    void warn(std::string_view text);   // a line that stays, and stands out
    void fail(const Error& error);      // the error and its hint
    void relay(std::string_view text);  // somebody else's line, ssh's for instance, cleaned

    // While the agent has the terminal in raw mode a line must not begin where the last one ended.
    void raw(bool on) { raw_ = on; }

private:
    void line(std::string_view colour, std::string_view text);

    bool terminal_;
    bool colours_;
    bool raw_ = false;
    bool shown_ = false;
    std::string last_;
};

}  // namespace eph

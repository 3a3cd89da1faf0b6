// Column layout and short spellings of moments.
#include "client/commands/table_text.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "common/duration.hpp"
#include "common/text.hpp"

namespace eph {

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    std::vector<std::vector<std::string>> clean;
    for (const auto& row : rows) {
        auto& cells = clean.emplace_back();
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool last = i + 1 == row.size();  // what a provider said stands there, and has room
            cells.push_back(printable(row[i], last ? 600 : 120));
            widths[i] = std::max(widths[i], cells.back().size());
        }
    }
    std::string text;
    for (const auto& row : clean) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string when(std::int64_t unix_seconds) {
    const std::time_t moment = unix_seconds;
    std::tm parts{};
    localtime_r(&moment, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min);
}

std::string when_exactly(std::int64_t unix_seconds) {
    return when(unix_seconds).substr(0, 11) + local_clock(from_millis(unix_seconds * 1000));
}

std::string time_since(std::int64_t unix_seconds) {
    return format_left(std::max(now() - from_millis(unix_seconds * 1000), Duration{1}));
}

std::string time_left(std::int64_t unix_seconds) { return format_left(from_millis(unix_seconds * 1000) - now()); }

}  // namespace eph

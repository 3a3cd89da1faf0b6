// Reading lines of names and values.
#include "client/services/systemctl_text.hpp"

#include <charconv>

#include "common/text.hpp"

namespace eph {
namespace {

using Properties = std::map<std::string, std::string, std::less<>>;

// The first of two lines of one name counts: launchctl prints nested blocks behind the job's own lines.
Properties lines_with(std::string_view separator, std::string_view printed) {
    Properties found;
    while (!printed.empty()) {
        const std::size_t end = printed.find('\n');
        const std::string_view line = printed.substr(0, end);
        printed = end == printed.npos ? std::string_view{} : printed.substr(end + 1);
        if (const std::size_t at = line.find(separator); at != line.npos)
            found.emplace(trim(line.substr(0, at)), trim(line.substr(at + separator.size())));
    }
    return found;
}

}  // namespace

Properties properties(std::string_view printed) { return lines_with("=", printed); }
Properties launchd_properties(std::string_view printed) { return lines_with(" = ", printed); }

std::string program_of(std::string_view exec_start) {
    const std::string_view begin = "path=";
    const std::size_t at = exec_start.find(begin);
    if (at == exec_start.npos) return {};
    const std::string_view rest = exec_start.substr(at + begin.size());
    return std::string{rest.substr(0, rest.find(" ;"))};
}

std::int64_t pid_in(std::string_view digits) {
    std::int64_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    return error == std::errc{} && end == digits.data() + digits.size() && pid > 0 ? pid : 0;
}

}  // namespace eph

// What systemctl and launchctl print, read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace eph {

// The lines NAME=VALUE of `systemctl show`.
std::map<std::string, std::string, std::less<>> properties(std::string_view printed);

// The program in the property ExecStart: { path=/usr/bin/ephd ; argv[]=/usr/bin/ephd ; ... }
std::string program_of(std::string_view exec_start);

// `launchctl print gui/501/eph.ephd`: "state = running", "pid = 123", "program = ...", "path = ..."
std::map<std::string, std::string, std::less<>> launchd_properties(std::string_view printed);

std::int64_t pid_in(std::string_view digits);  // 0 for anything but a process id

}  // namespace eph

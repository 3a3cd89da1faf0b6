// The texts by which service managers know ephd: systemd's units, launchd's property list.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace eph {

// The first line of a unit that `eph daemon install` wrote, so that it removes nobody else's.
inline constexpr std::string_view written_by_eph =
    "# Written by eph daemon install, which writes it again; eph daemon uninstall removes it. Changes of yours: "
    "systemctl "
    "--user edit.\n";

std::string service_unit(const std::filesystem::path& ephd);  // ephd.service that runs that ephd
std::string socket_unit();                                    // ephd.socket
std::string launchd_plist(const std::filesystem::path& ephd, const std::filesystem::path& log,
                          const std::filesystem::path& socket);

// A program's path as a unit's command line wants it: quoted where it has to be, and safe from specifiers (%h).
// systemd puts no variables into it.
std::string unit_program(std::string_view path);

// Whether the unit's text runs exactly that ephd.
bool runs(std::string_view unit, const std::filesystem::path& ephd);

}  // namespace eph

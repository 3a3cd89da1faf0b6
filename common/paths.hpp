// Where things stand: the socket, the ledger, the configuration (XDG base directories; their usual places on macOS).
#pragma once

#include <filesystem>
#include <string>

namespace eph {

std::filesystem::path home_directory();     // $HOME, else the password file's
std::filesystem::path runtime_directory();  // $XDG_RUNTIME_DIR/eph, else /tmp/eph-<uid>
std::filesystem::path socket_path();  // $EPH_SOCKET, else ephd.sock in the runtime directory (macOS: beside the ledger)
std::filesystem::path state_directory();  // $XDG_STATE_HOME/eph
std::filesystem::path ledger_path();
std::filesystem::path config_path();  // $XDG_CONFIG_HOME/eph/config.json

// Makes `directory`, 0700, unless it is there. One that is there keeps its mode and has to be ours or root's, and not
// writable by others, save by the rules of the sticky bit.
void make_private_directory(const std::filesystem::path& directory);

// An environment variable, "" when it is unset.
std::string environment(const char* name);

}  // namespace eph

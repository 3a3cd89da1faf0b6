// What the help, the manual pages and docs/errors.md say of variables, files and statuses: each table stands once,
// here.
#pragma once

#include <span>
#include <string_view>

#include "common/error.hpp"

namespace eph::reference {

enum class Program { eph, ephd, both };

struct Variable {
    std::string_view names;  // "OPENAI_ADMIN_KEY, OPENAI_PROJECT_ID"
    Program reader;
    std::string_view brief;   // a few words, for --help
    std::string_view detail;  // sentences, for the manual
};
extern const std::span<const Variable> variables;

struct File {
    std::string_view path;
    std::string_view on_macos;  // "" where it is the same
    std::string_view what;
};
extern const std::span<const File> files;

struct ExitStatus {
    std::string_view status;  // "0", "128+n"
    std::string_view meaning;
    std::string_view remedy;
};
extern const std::span<const ExitStatus> exit_statuses;  // eph's; ephd has 0, 64 and 125 of them

struct ErrorCode {
    Code code;
    std::string_view when;
    std::string_view remedy;
};
extern const std::span<const ErrorCode> error_codes;  // all of them, in the order of the enum

constexpr bool reads(Program reader, Program program) { return reader == program || reader == Program::both; }

}  // namespace eph::reference

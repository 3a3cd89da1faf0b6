// docs/errors.md: every exit status and every error code.
#include <fmt/format.h>

#include "docs/manual/pages.hpp"

namespace eph::manual {
namespace {

// Markdown would take <host> for a tag.
std::string cell(std::string_view text) {
    std::string result;
    for (const char each : text) result += each == '<' ? std::string{"&lt;"} : std::string{each};
    return result;
}

}  // namespace

std::string errors_markdown() {
    std::string text =
        "# Statuses and errors\n\n"
        "Written by `eph-manual errors.md >docs/errors.md` from the tables in `common/`; a test holds the two "
        "together.\n\n"
        "Every message says what failed and on what; the line below it says what to do. On the local API both stand "
        "in\n"
        "`{\"error\": {\"code\", \"message\", \"hint\"}}`.\n\n"
        "## Exit statuses\n\n"
        "`ephd` has 0, 64 and 125 of them.\n\n"
        "| status | when | what to do |\n|---|---|---|\n";
    for (const reference::ExitStatus& each : reference::exit_statuses) {
        text += fmt::format("| {} | {} | {} |\n", each.status, cell(each.meaning), cell(each.remedy));
    }
    text +=
        "\n## Error codes\n\n"
        "| code | HTTP status | exit status | when | what to do |\n|---|---|---|---|---|\n";
    for (const reference::ErrorCode& each : reference::error_codes) {
        text += fmt::format("| `{}` | {} | {} | {} | {} |\n", code_name(each.code), http_status(each.code),
                            exit_status(each.code), cell(each.when), cell(each.remedy));
    }
    text +=
        "\nA failed session ends with the status of what failed, where there is one: 126, 127 and 255 come before "
        "125.\n";
    return text;
}

}  // namespace eph::manual

// The table of error codes, and how a thrown thing becomes a sentence.
#include "common/error.hpp"

#include <array>

namespace eph {
namespace {

struct Row {
    Code code;
    std::string_view name;
    int http;
    int exit;
};

// 64 is EX_USAGE of sysexits.h; 125 is "the tool itself failed", as env(1) and docker run have it.
constexpr std::array<Row, 16> rows{{
    {Code::usage, "usage", 400, 64},
    {Code::not_found, "not_found", 404, 125},
    {Code::ambiguous, "ambiguous", 409, 125},
    {Code::forbidden, "forbidden", 403, 125},
    {Code::no_account, "no_account", 424, 125},
    {Code::provider_denied, "provider_denied", 502, 125},
    {Code::provider_refused, "provider_refused", 502, 125},
    {Code::provider_unreachable, "provider_unreachable", 502, 125},
    {Code::provider_unreadable, "provider_unreadable", 502, 125},
    {Code::timeout, "timeout", 504, 125},
    {Code::session_over, "session_over", 410, 125},
    {Code::daemon_unreachable, "daemon_unreachable", 503, 125},
    {Code::busy, "busy", 409, 125},
    {Code::remote_failed, "remote_failed", 502, 125},
    {Code::storage, "storage", 500, 125},
    {Code::internal, "internal", 500, 125},
}};

const Row& row(Code code) {
    for (const Row& each : rows) {
        if (each.code == code) return each;
    }
    return rows.back();
}

}  // namespace

std::string_view code_name(Code code) { return row(code).name; }
int http_status(Code code) { return row(code).http; }
int exit_status(Code code) { return row(code).exit; }

Code code_from_name(std::string_view name) noexcept {
    for (const Row& each : rows) {
        if (each.name == name) return each.code;
    }
    return Code::internal;
}

std::string describe(std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown failure";
    }
}

}  // namespace eph

// The one error type: what failed, on which thing, and what to do next.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace eph {

// The closed list of what can go wrong. Its name on the wire, HTTP status and exit status stand in one table
// (error.cpp).
enum class Code {
    usage,                 // the person asked for something that cannot be
    not_found,             // no such key, session, route
    ambiguous,             // an abbreviated id fits more than one
    forbidden,             // the peer may not ask this
    no_account,            // no credential for the provider is loaded
    provider_denied,       // the provider refuses the credential or its permissions
    provider_refused,      // the provider understood and said no
    provider_unreachable,  // no connection, or the connection broke
    provider_unreadable,   // the answer is not what the provider's description says
    timeout,               // a bounded wait came to its end
    session_over,          // the session named has ended
    daemon_unreachable,    // eph cannot reach or start ephd
    busy,                  // another process holds what is needed
    remote_failed,         // ssh or the host could not do its part
    storage,               // ledger, configuration or another file cannot be read or written
    internal,              // a fault of eph's own
};

class Error : public std::exception {
public:
    Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

    template <class... Args>
    requires(sizeof...(Args) > 0) Error(Code code, fmt::format_string<Args...> form, Args&&... args)
        : Error(code, fmt::format(form, std::forward<Args>(args)...)) {}

    // Adds what the person can do about it.
    Error&& hint(std::string text) && {
        hint_ = std::move(text);
        return std::move(*this);
    }

    Code code() const noexcept { return code_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& hint() const noexcept { return hint_; }
    const char* what() const noexcept override { return message_.c_str(); }

private:
    Code code_;
    std::string message_;
    std::string hint_;
};

std::string_view code_name(Code code);                // as it stands on the wire
Code code_from_name(std::string_view name) noexcept;  // an unknown name is `internal`
int http_status(Code code);
int exit_status(Code code);

// The message of whatever was thrown, for a log line.
std::string describe(std::exception_ptr thrown);

}  // namespace eph

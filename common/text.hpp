// Text that others wrote, made fit for a terminal or a single log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eph {

// Without control characters (C0, DEL, C1) and invalid UTF-8, line breaks as spaces, cut to `limit` bytes with "...".
std::string printable(std::string_view text, std::size_t limit = 400);

std::string_view trim(std::string_view text);                      // white space off both ends
std::string lower(std::string_view text);                          // ASCII
bool same_letters(std::string_view left, std::string_view right);  // in any case; ASCII
std::string decode_percent(std::string_view text);                 // RFC 3986 2.1; a broken escape stays as it is
std::string percent_encoded(std::string_view text);                // all but unreserved characters (RFC 3986 2.3)
// Why `text` cannot be a host for ssh: "" when it can. A name, an address, user@host, or an alias of ssh_config.
std::string_view fault_of_host(std::string_view text);

bool has_control(std::string_view text);  // any C0 or DEL

}  // namespace eph

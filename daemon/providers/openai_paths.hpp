// What the sources of the Admin API have in common: paths, and what a status means.
#pragma once

#include <string>
#include <string_view>

#include "common/text.hpp"
#include "daemon/providers/openai.hpp"

namespace eph {

inline bool succeeded(const HttpResponse& answer) { return answer.status >= 200 && answer.status < 300; }

// Whether the call may have taken effect though the answer is no success.
inline bool unclear(const HttpResponse& answer) {
    return answer.status < 200 || answer.status >= 500 || answer.status == 408;
}

inline bool names_expiry(const HttpResponse& answer) {
    return answer.status == 400 && answer.body.find("expires_in_seconds") != std::string::npos;
}

// Ids are opaque, so they are encoded wherever they stand in a path.
inline std::string project_path(const AccountRef& account, std::string_view rest) {
    return fmt::format("/organization/projects/{}/{}", percent_encoded(account->place.project), rest);
}

}  // namespace eph

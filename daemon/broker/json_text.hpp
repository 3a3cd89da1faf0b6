// The text that a JSON string stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eph {

// `raw`: what stands between the quotes. Nothing where an escape is none of RFC 8259's.
std::optional<std::string> unescaped_json(std::string_view raw);

}  // namespace eph

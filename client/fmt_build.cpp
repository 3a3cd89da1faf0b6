// The one function of fmt's library that eph calls, compiled into eph: the library would bring the shared C++ library
// along, and to link those two by name takes the dynamic linker longer than all else that eph --version does.
#define FMT_HEADER_ONLY
#include <fmt/format.h>

namespace {
// Else nothing here would call for it.
[[gnu::used]] constexpr auto compiled_here =
    static_cast<std::string (*)(fmt::string_view, fmt::format_args)>(&fmt::vformat);
}  // namespace

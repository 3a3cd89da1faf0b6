// A frame that is larger than what is to be overwritten.
#include "common/async/wipe_stack.hpp"

#include "common/secret.hpp"

namespace eph {

[[gnu::noinline]] void wipe_stack() {
    constexpr std::size_t depth = std::size_t{32} * 1024;
    char below[depth];
    wipe_range(below, depth);
}

}  // namespace eph

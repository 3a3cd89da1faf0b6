// A frame that is larger than what is to be overwritten; the registers in which memcpy(3) carries what it copies.
#include "common/async/wipe_stack.hpp"

#include "common/secret.hpp"

namespace eph {
namespace {

// A thread starts with the registers of whoever started it (asio does, to look up a name), and the dynamic linker saves
// them on its stack. glibc copies with those that AVX-512 adds where it can.
void clear_registers() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        asm volatile(
            "vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17\n\t"
            "vpxord %%zmm18, %%zmm18, %%zmm18\n\tvpxord %%zmm19, %%zmm19, %%zmm19\n\t"
            "vpxord %%zmm20, %%zmm20, %%zmm20\n\tvpxord %%zmm21, %%zmm21, %%zmm21\n\t"
            "vpxord %%zmm22, %%zmm22, %%zmm22\n\tvpxord %%zmm23, %%zmm23, %%zmm23\n\t"
            "vpxord %%zmm24, %%zmm24, %%zmm24\n\tvpxord %%zmm25, %%zmm25, %%zmm25\n\t"
            "vpxord %%zmm26, %%zmm26, %%zmm26\n\tvpxord %%zmm27, %%zmm27, %%zmm27\n\t"
            "vpxord %%zmm28, %%zmm28, %%zmm28\n\tvpxord %%zmm29, %%zmm29, %%zmm29\n\t"
            "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvpxord %%zmm31, %%zmm31, %%zmm31" ::
                :);
    }
    if (__builtin_cpu_supports("avx")) {
        asm volatile("vzeroall" ::
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                           "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    }
#endif
}

}  // namespace

[[gnu::noinline]] void wipe_stack() {
    constexpr std::size_t depth = std::size_t{32} * 1024;
    char below[depth];
    wipe_range(below, depth);
    clear_registers();
}

}  // namespace eph

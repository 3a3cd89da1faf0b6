// Every block that C++ code of eph and ephd frees is overwritten first: credentials pass through strings, buffers and
// JSON values of several libraries, and none of them wipes. Sanitisers bring an allocator of their own and are left
// alone.
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EPH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EPH_SANITIZED 1
#endif
#endif

#if !defined(EPH_SANITIZED)

#if defined(__APPLE__)
#include <malloc/malloc.h>
#include <string.h>
#else
#include <malloc.h>
#include <string.h>
#endif

namespace {

void wipe_and_free(void* block) noexcept {
    if (block == nullptr) return;
#if defined(__APPLE__)
    const std::size_t size = malloc_size(block);
    memset_s(block, size, 0, size);
#else
    explicit_bzero(block, malloc_usable_size(block));
#endif
    std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc{};
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* block) noexcept { wipe_and_free(block); }
void operator delete[](void* block) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t) noexcept { wipe_and_free(block); }

#endif

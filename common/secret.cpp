// Locked pages from mmap(2), without a TLS library, so that the client can use them too.
#include "common/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

namespace eph {

void wipe_range(void* memory, std::size_t size) {
#if defined(__APPLE__)
    memset_s(memory, size, 0, size);
#else
    explicit_bzero(memory, size);
#endif
}

SecretPages map_secret(std::size_t wanted) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t size = (wanted + page - 1) / page * page;
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    // Best effort where RLIMIT_MEMLOCK is small: an unlocked secret is still wiped and never dumped.
    (void)mlock(memory, size);
#if defined(MADV_DONTDUMP)
    (void)madvise(memory, size, MADV_DONTDUMP);
    (void)madvise(memory, size, MADV_WIPEONFORK);
#endif
    return {static_cast<char*>(memory), size};
}

void unmap_secret(char* data, std::size_t size) noexcept {
    if (data == nullptr) return;
    wipe_range(data, size);
    munmap(data, size);
}

namespace {

// Stands in front of the text: how many Secrets hold these pages.
using Holders = std::size_t;

Holders& holders_of(char* text) { return *reinterpret_cast<Holders*>(text - sizeof(Holders)); }

}  // namespace

Secret::Secret(std::string_view text) {
    if (text.empty()) return;
    const SecretPages pages = map_secret(sizeof(Holders) + text.size());
    data_ = pages.data + sizeof(Holders);
    mapped_ = pages.size;
    size_ = text.size();
    holders_of(data_) = 1;
    std::memcpy(data_, text.data(), text.size());
}

Secret Secret::copy() const {
    Secret same;
    if (empty()) return same;
    same.data_ = data_;
    same.size_ = size_;
    same.mapped_ = mapped_;
    ++holders_of(data_);
    return same;
}

Secret Secret::take(std::string& text) {
    Secret secret{text};
    wipe(text);
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        release();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        mapped_ = std::exchange(other.mapped_, 0);
    }
    return *this;
}

Secret::~Secret() { release(); }

void Secret::release() noexcept {
    if (data_ != nullptr && --holders_of(data_) == 0) unmap_secret(data_ - sizeof(Holders), mapped_);
    data_ = nullptr;
    size_ = mapped_ = 0;
}

bool Secret::equals(std::string_view other) const {
    if (size_ != other.size()) return false;
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        difference = static_cast<unsigned char>(difference | (data_[i] ^ other[i]));
    }
    return difference == 0;
}

void wipe(std::string& text) {
    text.resize(text.capacity());
    if (!text.empty()) wipe_range(text.data(), text.size());
    text.clear();
}

}  // namespace eph

// Pages of a Secret's kind that grow.
#include "common/secret_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "common/secret.hpp"

namespace eph {

SecretBuffer::~SecretBuffer() { unmap_secret(data_, mapped_); }

void SecretBuffer::append(std::string_view piece) {
    if (piece.empty()) return;
    if (mapped_ - size_ < piece.size()) grow(size_ + piece.size());
    std::memcpy(data_ + size_, piece.data(), piece.size());
    size_ += piece.size();
}

void SecretBuffer::clear() {
    if (size_ != 0) wipe_range(data_, size_);
    size_ = 0;
}

void SecretBuffer::grow(std::size_t needed) {
    const SecretPages larger = map_secret(std::max(needed, mapped_ * 2));
    if (size_ != 0) std::memcpy(larger.data, data_, size_);
    unmap_secret(data_, mapped_);
    data_ = larger.data;
    mapped_ = larger.size;
}

}  // namespace eph

// Text with a credential in it, put together piece by piece, in memory that is kept as a Secret's is.
#pragma once

#include <cstddef>
#include <string_view>

namespace eph {

// Used again and again without new pages: clear() wipes what was there. No piece is left behind when it grows.
class SecretBuffer {
public:
    SecretBuffer() = default;
    ~SecretBuffer();
    SecretBuffer(const SecretBuffer&) = delete;
    SecretBuffer& operator=(const SecretBuffer&) = delete;

    void append(std::string_view piece);
    void clear();

    std::string_view reveal() const { return {data_, size_}; }  // valid until the next append()

private:
    void grow(std::size_t needed);

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
};

}  // namespace eph

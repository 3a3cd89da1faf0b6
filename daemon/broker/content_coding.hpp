// Takes compression off an answer as it comes, to look into it; what goes to the agent stays as it was.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace eph {

class Decoder {
public:
    using Sink = std::function<void(std::string_view)>;  // pieces of at most 64 KB, valid during the call

    virtual ~Decoder() = default;

    // False when `bytes` are not of this coding, or unpack to more than any honest answer: nothing comes from then on.
    // What comes does not depend on how the bytes were cut; of bytes that turn out to be broken, br and zstd let out
    // more or less of what stood before the fault.
    virtual bool decode(std::string_view bytes, const Sink& sink) = 0;
};

// gzip, x-gzip, deflate (zlib's form, or bare, as some servers have it), br, zstd; in any case of letters. Null for any
// other.
std::unique_ptr<Decoder> decoder_for(std::string_view coding);
bool has_decoder(std::string_view coding);  // without making one

// How much of a coded body may unpack to how much: what a bomb costs at most.
class UnpackLimit {
public:
    bool allows(std::size_t came, std::size_t unpacked);  // further ones

private:
    std::uint64_t came_ = 0;
    std::uint64_t unpacked_ = 0;
};

}  // namespace eph

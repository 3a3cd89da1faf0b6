// zlib, Brotli's decoder and zstd behind one interface, each with a window of bounded size.
#include "daemon/broker/content_coding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::size_t piece = 65536;
using Piece = std::array<char, piece>;

class ZlibDecoder : public Decoder {
public:
    explicit ZlibDecoder(bool gzip) : gzip_(gzip), known_(gzip) {
        if (gzip) start(15 + 16);
    }
    ~ZlibDecoder() override {
        if (started_) inflateEnd(&stream_);
    }
    ZlibDecoder(const ZlibDecoder&) = delete;
    ZlibDecoder& operator=(const ZlibDecoder&) = delete;

    bool decode(std::string_view bytes, const Sink& sink) override {
        if (known_) return inflate_all(bytes, sink);
        head_ += bytes;  // of "deflate": the first two bytes tell zlib's form (RFC 1950 2.2)
        if (head_.size() < 2) return true;
        const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(head_[i])); };
        start((byte(0) & 0x0f) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0 ? 15 : -15);
        known_ = true;
        return inflate_all(std::exchange(head_, {}), sink);
    }

private:
    void start(int window_bits) { started_ = inflateInit2(&stream_, window_bits) == Z_OK; }

    // gzip may go on with a further member. What stands behind the last one and is none is padding, however it comes.
    bool begin_member() {
        if (!gzip_ || stream_.avail_in == 0 || inflateReset(&stream_) != Z_OK) return false;
        return further_ = true;
    }

    bool inflate_all(std::string_view bytes, const Sink& sink) {
        if (padding_) return true;
        if (!started_) return false;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        for (bool more = true; more;) {
            stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
            stream_.avail_out = piece;
            const std::size_t before = stream_.avail_in;
            if (ended_ && !begin_member()) return true;
            const int result = inflate(&stream_, Z_NO_FLUSH);
            const std::size_t made = piece - stream_.avail_out;
            if (made > 0) sink({out_.data(), made});
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
                padding_ = further_ && stream_.total_out == 0;
                return padding_;
            }
            ended_ = result == Z_STREAM_END;
            if (!limit_.allows(before - stream_.avail_in, made)) return false;
            more = stream_.avail_in > 0 || stream_.avail_out == 0;
        }
        return true;
    }

    z_stream stream_{};
    UnpackLimit limit_;
    Piece out_;
    std::string head_;
    bool gzip_;
    bool known_;
    bool started_ = false;
    bool ended_ = false;
    bool further_ = false;
    bool padding_ = false;
};

class BrotliDecoder : public Decoder {
public:
    bool decode(std::string_view bytes, const Sink& sink) override {
        const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
        std::size_t left = bytes.size();
        for (auto result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
             result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || left > 0;) {
            auto* out = reinterpret_cast<std::uint8_t*>(out_.data());
            std::size_t room = piece;
            const std::size_t before = left;
            result = BrotliDecoderDecompressStream(state_.get(), &left, &next, &room, &out, nullptr);
            if (room < piece) sink({out_.data(), piece - room});
            if (result == BROTLI_DECODER_RESULT_ERROR || !limit_.allows(before - left, piece - room)) return false;
            if (result == BROTLI_DECODER_RESULT_SUCCESS) return true;
        }
        return true;
    }

private:
    struct Free {
        void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
    };
    std::unique_ptr<BrotliDecoderState, Free> state_{BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)};
    UnpackLimit limit_;
    Piece out_;
};

class ZstdDecoder : public Decoder {
public:
    ZstdDecoder() {
        constexpr int window_log = 23;  // 8 MB: what RFC 9659 allows a sender
        ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log);
    }

    bool decode(std::string_view bytes, const Sink& sink) override {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (bool more = true; more;) {
            ZSTD_outBuffer out{out_.data(), piece, 0};
            const std::size_t before = in.pos;
            if (between_frames_ && in.pos < in.size && !begins_frame(bytes[in.pos])) return false;
            const std::size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
            const bool broken = ZSTD_isError(result) != 0;
            if (result == 0 || in.pos > before) between_frames_ = result == 0;
            if (out.pos > 0) sink({out_.data(), out.pos});
            if (broken || !limit_.allows(in.pos - before, out.pos)) return false;
            more = in.pos < in.size || out.pos == piece;
        }
        return true;
    }

private:
    // RFC 8878 3.1: the first byte of a frame's or a skippable frame's magic number. The library would take what its
    // versions before 1.0 wrote, too, by decoders that nobody needs here.
    static bool begins_frame(char byte) { return byte == '\x28' || (static_cast<unsigned char>(byte) & 0xf0) == 0x50; }

    struct Free {
        void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> stream_{ZSTD_createDCtx()};
    bool between_frames_ = true;
    UnpackLimit limit_;
    Piece out_;
};

}  // namespace

std::unique_ptr<Decoder> decoder_for(std::string_view coding) {
    const std::string name = lower(trim(coding));
    if (name == "gzip" || name == "x-gzip") return std::make_unique<ZlibDecoder>(true);
    if (name == "deflate") return std::make_unique<ZlibDecoder>(false);
    if (name == "br") return std::make_unique<BrotliDecoder>();
    if (name == "zstd") return std::make_unique<ZstdDecoder>();
    return nullptr;
}

bool has_decoder(std::string_view coding) {
    constexpr std::string_view names[] = {"gzip", "x-gzip", "deflate", "br", "zstd"};
    return std::find(std::begin(names), std::end(names), lower(trim(coding))) != std::end(names);
}

bool UnpackLimit::allows(std::size_t came, std::size_t unpacked) {
    constexpr std::uint64_t free = 32 << 20;  // a stream of many like events packs well: but not for ever
    constexpr std::uint64_t ratio = 100;
    came_ += came;
    unpacked_ += unpacked;
    return unpacked_ <= free + ratio * came_;
}

}  // namespace eph

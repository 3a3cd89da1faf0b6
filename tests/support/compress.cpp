// zlib, Brotli's encoder and zstd.
#include "tests/support/compress.hpp"

#include <stdexcept>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

namespace eph::test {
namespace {

std::string with_zlib(const std::string& text, int window_bits, bool whole) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib");
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, whole ? Z_FINISH : Z_SYNC_FLUSH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

std::string with_brotli(const std::string& text, bool whole) {
    BrotliEncoderState* const state = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, 2);
    std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 1024, '\0');
    std::size_t left = text.size(), room = out.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(text.data());
    auto* next = reinterpret_cast<std::uint8_t*>(out.data());
    const auto what = whole ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
    do {
        if (BrotliEncoderCompressStream(state, what, &left, &in, &room, &next, nullptr) == 0)
            throw std::runtime_error("brotli");
    } while (left > 0 || BrotliEncoderHasMoreOutput(state) != 0);
    out.resize(out.size() - room);
    BrotliEncoderDestroyInstance(state);
    return out;
}

std::string with_zstd(const std::string& text, bool whole) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    std::string out(ZSTD_compressBound(text.size()) + 1024, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer room{out.data(), out.size(), 0};
    while (ZSTD_compressStream2(context, &room, &in, whole ? ZSTD_e_end : ZSTD_e_flush) != 0) {
    }
    out.resize(room.pos);
    ZSTD_freeCCtx(context);
    return out;
}

std::string packed(const std::string& coding, const std::string& text, bool whole) {
    constexpr int window = 15, gzip = 16;
    if (coding == "gzip" || coding == "x-gzip" || coding == "GZIP") return with_zlib(text, window + gzip, whole);
    if (coding == "deflate") return with_zlib(text, window, whole);
    if (coding == "raw deflate") return with_zlib(text, -window, whole);
    if (coding == "br") return with_brotli(text, whole);
    if (coding == "zstd") return with_zstd(text, whole);
    return text;
}

}  // namespace

std::string compressed(const std::string& coding, const std::string& text) { return packed(coding, text, true); }
std::string flushed(const std::string& coding, const std::string& text) { return packed(coding, text, false); }

}  // namespace eph::test

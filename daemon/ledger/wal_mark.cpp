// One line of a fixed length, so that one write replaces the other.
#include "daemon/ledger/wal_mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace eph {
namespace {

constexpr std::size_t length = 31;

}  // namespace

std::optional<WalMark> read_mark(int lock_file) {
    std::array<char, length + 1> line{};
    WalMark mark;
    if (pread(lock_file, line.data(), length, 0) != static_cast<ssize_t>(length)) return std::nullopt;
    if (std::sscanf(line.data(), "wal %8x %8x %8x", &mark.salt_1, &mark.salt_2, &mark.frames) != 3) return std::nullopt;
    return mark;
}

std::optional<WalMark> read_mark(const std::filesystem::path& lock_file) {
    const int descriptor = open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    const std::optional<WalMark> mark = read_mark(descriptor);
    close(descriptor);
    return mark;
}

bool write_mark(int lock_file, const WalMark& mark) {
    std::array<char, length + 1> line{};
    std::snprintf(line.data(), line.size(), "wal %08x %08x %08x\n", mark.salt_1, mark.salt_2, mark.frames);
    return pwrite(lock_file, line.data(), length, 0) == static_cast<ssize_t>(length);
}

// https://sqlite.org/fileformat2.html#the_write_ahead_log
std::optional<WalMark> mark_of(int wal, std::uint32_t frames) {
    constexpr off_t salts = 16;
    std::array<unsigned char, 8> bytes{};
    if (pread(wal, bytes.data(), bytes.size(), salts) != static_cast<ssize_t>(bytes.size())) return std::nullopt;
    const auto word = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | bytes[i];
        return value;
    };
    return WalMark{word(0), word(4), frames};
}

}  // namespace eph

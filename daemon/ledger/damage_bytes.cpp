// What the bytes of a damaged ledger tell: names of keys, and a WAL whose commits cannot be read any more.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>

#include "common/key_name.hpp"
#include "daemon/ledger/damage.hpp"

namespace eph {
namespace {

constexpr std::string_view until = "-exp-";
constexpr std::size_t stamp_length = 16;
constexpr std::size_t random_length = 10;
constexpr std::size_t ending_length = until.size() + stamp_length + 1 + random_length;

std::string bytes_of(const std::filesystem::path& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(file, none);
    if (none) return "";
    std::ifstream stream{file, std::ios::binary};
    std::string bytes(size, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(stream.gcount()));
    return bytes;
}

// https://sqlite.org/fileformat2.html#the_write_ahead_log
class Wal {
public:
    explicit Wal(std::string bytes) : bytes_(std::move(bytes)) {}

    bool damaged(const std::optional<WalMark>& mark) {
        constexpr std::size_t header = 32;
        constexpr std::size_t frame_header = 24;
        if (bytes_.size() < header + frame_header) return false;
        if (word(0) == 0 && word(16) == 0) return false;  // never begun
        const std::size_t page = word(8);
        const bool readable = (word(0) | 1U) == 0x377f0683U && page >= 512 && page <= 65536 &&
                              (page & (page - 1)) == 0 && sums_to(0, 24, 24);
        if (!readable) return true;
        const std::size_t frame = frame_header + page;
        std::size_t end = bytes_.size();
        if (mark) {  // what lies behind it need never have reached the disk, and not in that order
            const bool of_this_one = mark->salt_1 == word(16) && mark->salt_2 == word(20);
            end = std::min(end, of_this_one ? header + mark->frames * frame : header);
        }
        bool broken = false;
        int commits_behind = 0;
        for (std::size_t at = header; at + frame <= end; at += frame) {
            if (word(at + 8) != word(16) || word(at + 12) != word(20)) {
                broken = true;  // or the end of what counts: older frames lie behind it
                continue;
            }
            if (!broken) {
                const bool head = sums_to(at, 8, 0);
                const bool body = head && sums_to(at + frame_header, page, 0);
                broken = !body || word(at + 16) != first_ || word(at + 20) != second_;
                if (!broken) continue;
            }
            if (word(at + 4) != 0) ++commits_behind;
        }
        // One transaction may have been under way when the machine stopped. Two were not: the first had been on the
        // disk.
        return commits_behind > 1;
    }

private:
    std::uint32_t word(std::size_t at, bool big_endian = true) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 8 | static_cast<unsigned char>(bytes_[at + (big_endian ? i : 3 - i)]);
        }
        return value;
    }
    // Goes on with the running sum over `size` bytes; whether it is what stands behind them, if anything does.
    bool sums_to(std::size_t at, std::size_t size, std::size_t stated) {
        const bool big = (word(0) & 1U) != 0;
        for (std::size_t i = at; i < at + size; i += 8) {
            first_ += word(i, big) + second_;
            second_ += word(i + 4, big) + first_;
        }
        return stated == 0 || (word(stated) == first_ && word(stated + 4) == second_);
    }

    std::string bytes_;
    std::uint32_t first_ = 0;
    std::uint32_t second_ = 0;
};

}  // namespace

std::string name_ending(const std::string& name) {
    const std::size_t at = name.rfind(until);
    return at == name.npos ? "" : name.substr(at, ending_length);
}

std::map<std::string, Timestamp> name_endings_in(const std::filesystem::path& damaged, Timestamp at) {
    std::map<std::string, Timestamp> endings;
    for (const char* part : {"", "-wal"}) {
        const std::string bytes = bytes_of(damaged.string() + part);
        for (std::size_t found = bytes.find(until); found != bytes.npos; found = bytes.find(until, found + 1)) {
            const std::string ending = bytes.substr(found, ending_length);
            const auto name = parse_key_name("eph" + ending);
            if (name && ending.size() == ending_length && name->until > at) endings.emplace(ending, name->until);
        }
    }
    return endings;
}

bool wal_is_damaged(const std::filesystem::path& wal, const std::optional<WalMark>& mark) {
    return Wal{bytes_of(wal)}.damaged(mark);
}

}  // namespace eph

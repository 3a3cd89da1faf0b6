// How far the WAL is known to be on the disk, as the ledger's lock file tells it: what is unreadable before that is
// damage, and what is unreadable behind it had never got there when the machine stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace eph {

struct WalMark {
    std::uint32_t salt_1 = 0;  // of this WAL: they change whenever SQLite begins it anew
    std::uint32_t salt_2 = 0;
    std::uint32_t frames = 0;
};

// Nothing: no ephd has written one yet, or it cannot be read.
std::optional<WalMark> read_mark(const std::filesystem::path& lock_file);
std::optional<WalMark> read_mark(int lock_file);

// Not flushed itself: an older one only tells of less. False where it cannot be written.
bool write_mark(int lock_file, const WalMark& mark);

// The mark of a WAL that is wholly on the disk; nothing where it has not begun.
std::optional<WalMark> mark_of(int wal, std::uint32_t frames);

}  // namespace eph

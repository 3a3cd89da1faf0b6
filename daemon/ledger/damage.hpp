// A ledger that is damaged: set aside with all that belongs to it, and read for what its bytes still tell.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "daemon/ledger/wal_mark.hpp"

namespace eph {

// Renames the file, its WAL and its shared memory to `<file>.damaged-<time>...`, or finishes what was begun: killed at
// any step, the next call goes on with it. Throws Error{storage}.
void set_aside(const std::filesystem::path& file, Timestamp at);
void finish_setting_aside(const std::filesystem::path& file);

// `<file>.damaged-<time>` that lie beside the file, oldest first.
std::vector<std::filesystem::path> damaged_beside(const std::filesystem::path& file);

// The endings "-exp-<until>-<random>" of all key names in the bytes of a damaged ledger and its WAL, whose time is
// later than `at`.
std::map<std::string, Timestamp> name_endings_in(const std::filesystem::path& damaged, Timestamp at);

// That ending of a name, or "" where it has none.
std::string name_ending(const std::string& name);

// Whether commits that were on the disk are no longer readable in a WAL: SQLite itself passes over them in silence.
// `mark`: which were, where that is known.
bool wal_is_damaged(const std::filesystem::path& wal, const std::optional<WalMark>& mark);

}  // namespace eph

// What must be a file before it is opened as one.
#pragma once

#include <filesystem>

namespace eph {

// Where the ledger is a link, what it leads to, there or not: beside that, SQLite has its own files.
std::filesystem::path behind_links(std::filesystem::path ledger);

// Throws Error{storage} where something else than a file lies in the place of the ledger, or of a file beside it: a
// FIFO would be waited for, a device read for ever, a link followed to what is none of ephd's. Touches nothing.
void refuse_what_is_no_file(const std::filesystem::path& ledger);

}  // namespace eph

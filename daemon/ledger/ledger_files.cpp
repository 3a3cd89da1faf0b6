// A look at each of the ledger's files, before any of them is opened.
#include "daemon/ledger/ledger_files.hpp"

#include <sys/stat.h>

#include "common/error.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

// The ledger, what SQLite has beside it, the lock, and the marker of what is being set aside.
constexpr const char* files[] = {"", "-wal", "-shm", "-journal", ".lock", ".setting-aside"};

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISLNK(mode)) return "a symbolic link";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

}  // namespace

fs::path behind_links(fs::path ledger) {
    constexpr int most = 40;  // as the kernel has it
    std::error_code none;
    for (int i = 0; i < most && fs::is_symlink(ledger, none); ++i) {
        const fs::path next = ledger.parent_path() / fs::read_symlink(ledger, none);
        ledger = fs::weakly_canonical(next.parent_path(), none) / next.filename();
    }
    return ledger;
}

void refuse_what_is_no_file(const fs::path& ledger) {
    for (const char* each : files) {
        const std::string path = ledger.string() + each;
        struct stat info {};
        // What cannot be looked at cannot be opened either, which says why.
        if (lstat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) continue;
        throw Error{Code::storage, "{} is {}, and ephd needs a file of its own there", path, kind_of(info.st_mode)}
            .hint("Move it away, or name another ledger: ephd --ledger FILE");
    }
}

}  // namespace eph

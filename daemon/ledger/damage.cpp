// Setting a damaged ledger aside, and its place in the new one.
#include "daemon/ledger/damage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "daemon/ledger/flusher.hpp"
#include "daemon/ledger/ledger_files.hpp"
#include "daemon/ledger/store.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

constexpr const char* parts[] = {"-shm", "-wal", ""};  // the file itself last: without it the rest means nothing

// Names the time of what is being set aside, until that is done.
fs::path marker_of(const fs::path& file) { return file.string() + ".setting-aside"; }

fs::path damaged_name(const fs::path& file, const std::string& stamp) { return file.string() + ".damaged-" + stamp; }

fs::path directory_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path{"."}; }

Error cannot(const char* what, const fs::path& file) {
    return Error{Code::storage, "cannot {} {}: {}", what, file.string(), std::strerror(errno)};
}

// Names are on the disk only when their directory is.
void sync(const fs::path& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw cannot("open", path);
    const bool done = fsync(descriptor) == 0;
    const int reason = errno;
    close(descriptor);
    errno = reason;
    if (!done) throw cannot("write", path);
}

std::string read_marker(const fs::path& marker) {
    std::ifstream stream{marker};
    std::string stamp;
    std::getline(stream, stamp);
    return stamp;
}

// Never over an earlier one.
std::string free_stamp(const fs::path& file, Timestamp at) {
    const std::string time = compact_utc(std::chrono::floor<std::chrono::seconds>(at));
    std::string stamp = time;
    for (int i = 2; fs::exists(damaged_name(file, stamp)); ++i) stamp = time + "." + std::to_string(i);
    return stamp;
}

}  // namespace

void set_aside(const fs::path& file, Timestamp at) {
    const fs::path marker = marker_of(file);
    const std::string stamp = free_stamp(file, at);
    {
        std::ofstream stream{marker, std::ios::trunc};
        stream << stamp << "\n";
        stream.flush();
        if (!stream) throw cannot("write", marker);
    }
    sync(marker);
    sync(directory_of(file));
    finish_setting_aside(file);
}

void finish_setting_aside(const fs::path& file) {
    const fs::path marker = marker_of(file);
    if (!fs::exists(marker)) return;
    const std::string stamp = read_marker(marker);
    if (!stamp.empty()) {  // else it was killed before it had begun
        for (const char* part : parts) {
            const std::string from = file.string() + part;
            const std::string to = damaged_name(file, stamp).string() + part;
            if (rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) throw cannot("set aside", from);
            (void)chmod(to.c_str(), 0600);
        }
        sync(directory_of(file));
    }
    if (unlink(marker.c_str()) != 0) throw cannot("remove", marker);
    sync(directory_of(file));
}

std::vector<fs::path> damaged_beside(const fs::path& file) {
    std::vector<fs::path> found;
    std::error_code ignored;
    const std::string start = file.filename().string() + ".damaged-";
    for (const auto& entry : fs::directory_iterator{directory_of(file), ignored}) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(start) && !name.ends_with("-wal") && !name.ends_with("-shm"))
            found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

void Ledger::open() {
    finish_setting_aside(file_);
    const auto attempt = [&] {
        const std::string wal = file_.string() + "-wal";
        lock_itself();
        if (wal_is_damaged(wal, read_mark(lock_)))
            throw Damaged{Error{Code::storage, "{} holds unreadable commits", wal}};
        store_ = std::make_unique<Store>(file_.string());
        store_->check();
    };
    try {
        attempt();
    } catch (const Damaged& damage) {
        spdlog::error("the ledger is damaged: {}", damage.message());
        store_.reset();
        set_aside(file_, now());
        attempt();
    }
    // The file, its WAL and its shared memory are for this user's eyes only (umask covers new ones).
    (void)chmod(file_.c_str(), 0600);
    store_->on_note = on_note_;
    store_->database.on_damage = on_damage_;
    remember_damages();
    if (flusher_) flusher_->work_on(store_->database);
}

void Ledger::on_damage(std::function<void()> told) {
    on_damage_ = std::move(told);
    store_->database.on_damage = on_damage_;
    if (damaged()) on_damage_();
}

bool Ledger::damaged() const { return store_->database.damaged(); }

void Ledger::start_anew() {
    refuse_what_is_no_file(file_);
    set_aside(file_, now());  // the open database keeps its files, whatever they are called
    store_->database.on_damage = nullptr;
    open();
}

// Whatever was set aside since the last time, also by an ephd that was killed before it had read it.
void Ledger::remember_damages() {
    for (const fs::path& damaged : damaged_beside(file_)) {
        const std::string name = damaged.filename().string();
        const bool known = store_->damage_known.bind(name).step();
        store_->damage_known.reset();
        if (known) continue;
        const Timestamp at = now();
        const auto endings = name_endings_in(damaged, at);
        Transaction transaction{store_->database};
        store_->put_damage.run(name, to_millis(at));
        for (const auto& [ending, until] : endings) store_->put_lost_name.run(ending, to_millis(until));
        AuditRow row;
        row.actor = "ephd";
        row.event = "ledger_damaged";
        row.detail = damaged.string();
        store_->note(row);
        transaction.commit();
        spdlog::error(
            "the ledger was damaged and is set aside as {}; {} of its keys may live: they are looked for in the "
            "provider's list and revoked",
            damaged.string(), endings.size());
    }
}

std::vector<fs::path> Ledger::damaged_files() const { return damaged_beside(file_); }

std::set<std::string> Ledger::lost_names(Timestamp at) {
    std::set<std::string> endings;
    for (store_->lost_names.bind(to_millis(at)); store_->lost_names.step();) endings.insert(store_->lost_names.text(0));
    store_->lost_names.reset();
    return endings;
}

std::optional<Timestamp> Ledger::damaged_at(const Place& place) {
    return store_->moment(store_->unrebuilt.bind(place.provider, place.project, place.base_url));
}

void Ledger::rebuilt(const Place& place) {
    store_->put_rebuilt.run(place.provider, place.project, place.base_url, to_millis(now()));
}

// A bounded look: all of a small ledger; of a large one what is asked of it in any case.
void Ledger::Store::check() {
    constexpr std::int64_t pages_at_once = 1000;
    Statement pages{database, "PRAGMA page_count"};
    pages.step();
    const bool small = pages.integer(0) <= pages_at_once;
    pages.reset();
    if (!small) return;
    Statement look{database, "PRAGMA quick_check(1)"};
    look.step();
    const std::string said = look.text(0);
    look.reset();
    if (said == "ok") return;
    database.found_damaged();
    throw Damaged{Error{Code::storage, "the ledger {}: {}", database.path(), said}};
}

}  // namespace eph

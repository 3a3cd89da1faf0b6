// The thin layer over SQLite's C interface.
#include "daemon/ledger/sqlite.hpp"

#include <utility>

#include <sqlite3.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// SQLite quotes what is in the file, and a damaged file holds anything.
std::string words_for(sqlite3* handle, int result) {
    return printable(handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
}

// What the person can do where the file or its disk fails; nothing where the statement itself is wrong.
std::string hint_for(int code) {
    switch (code) {
        case SQLITE_FULL:
            return "The disk is full: make room on it.";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "The file is damaged: ephd sets it aside, and makes a new one from the provider's list.";
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return "The disk, or the way to it, fails: see the system's log.";
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return "ephd must be allowed to write the file and its directory.";
        default:
            return "";
    }
}

[[noreturn]] void fail(Database& database, int result) {
    if (database.damaged()) throw Damaged{Error{Code::storage, "the ledger {} is damaged", database.path()}};
    const int code = result & 0xff;
    Error error{Code::storage, "the ledger {}: {}", database.path(), words_for(database.handle(), result)};
    const std::string hint = hint_for(code);
    if (!hint.empty()) database.in_trouble(error.message());
    const bool flush_failed = result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC;
    if (flush_failed && database.is_flushed_elsewhere()) database.be_unsure(error.message());
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        database.found_damaged();
        throw Damaged{std::move(error).hint(hint)};
    }
    throw std::move(error).hint(hint);
}

}  // namespace

Database::Database(const std::string& path) : path_(path) {
    // Nobody asks how much memory SQLite has, and to count it takes a lock at each allocation. Refused once it is in use.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    const int result = sqlite3_open_v2(path.c_str(), &handle_,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (result != SQLITE_OK) {
        Error error{Code::storage, "cannot open the ledger {}: {}", path, words_for(handle_, result)};
        sqlite3_close_v2(handle_);
        throw std::move(error).hint(hint_for(result & 0xff));
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 5000);
    // Else it plans a statement anew for each value that a partial index could depend on: none here does.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    sqlite3_wal_hook(handle_, &Database::committed, this);
}

// What is damaged is kept as it was found: nothing of its WAL is written into it.
Database::~Database() {
    if (damaged_) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    begin_.reset();
    commit_.reset();
    sqlite3_close_v2(handle_);
}

// SQLite has one such place; so what it does there by itself is done here as well.
int Database::committed(void* self, sqlite3* handle, const char* name, int frames) {
    constexpr int enough_for_checkpoint = 1000;
    auto& database = *static_cast<Database*>(self);
    database.wal_frames_ = static_cast<std::uint32_t>(frames);
    if (database.on_commit_) database.on_commit_();
    if (frames >= enough_for_checkpoint)
        sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
}

void Database::flushed_elsewhere(std::function<void()> on_commit) {
    on_commit_ = std::move(on_commit);
    execute("PRAGMA synchronous=NORMAL");
}

void Database::be_unsure(const std::string& message) {
    unsure_ = true;
    in_trouble(message);
}

// All of the WAL goes into the database, both are flushed, and the WAL begins anew.
void Database::make_sure() {
    if (damaged_) fail(*this, SQLITE_CORRUPT);
    const int result = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (result != SQLITE_OK) fail(*this, result);
    unsure_ = false;
    works();
}

void Database::in_trouble(const std::string& message) {
    if (!trouble_) trouble_ = Trouble{message, now()};
    trouble_->message = message;
}

void Database::found_damaged() {
    const bool news = !std::exchange(damaged_, true);
    if (news && on_damage) on_damage();
}

void Database::execute(const char* sql) {
    if (damaged_) fail(*this, SQLITE_CORRUPT);
    const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) fail(*this, result);
}

void Database::begin() {
    if (!begin_) begin_ = std::make_unique<Statement>(*this, "BEGIN IMMEDIATE");
    begin_->run();
}

void Database::commit() {
    if (!commit_) commit_ = std::make_unique<Statement>(*this, "COMMIT");
    commit_->run();
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    const int result = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (result == SQLITE_ERROR) {  // what it asks for has always been there
        database.found_damaged();
        throw Damaged{Error{Code::storage, "the ledger {}: {}", database.path(), words_for(database.handle(), result)}};
    }
    if (result != SQLITE_OK) fail(database, result);
}

Statement::~Statement() { sqlite3_finalize(handle_); }

bool Statement::step() {
    if (database_.damaged()) fail(database_, SQLITE_CORRUPT);
    const int result = sqlite3_step(handle_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    sqlite3_reset(handle_);
    fail(database_, result);
}

void Statement::reset() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return data == nullptr ? std::string{}
                           : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
    if (sqlite3_column_type(handle_, column) == SQLITE_NULL) return std::nullopt;
    return integer(column);
}

void Statement::check(int result, int index) {
    if (result != SQLITE_OK)
        throw Error{Code::internal, "parameter {} of a statement: {}", index, sqlite3_errstr(result)};
}

void Statement::set(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_, index, value), index); }

void Statement::set(int index, std::string_view value) {
    check(sqlite3_bind_text(handle_, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT), index);
}

void Statement::set(int index, const std::optional<std::int64_t>& value) {
    if (value) {
        set(index, *value);
    } else {
        check(sqlite3_bind_null(handle_, index), index);
    }
}

FlushAtCommit::FlushAtCommit(Database& database) : database_(database) {
    if (!database_.is_flushed_elsewhere()) return;
    if (database_.unsure()) database_.make_sure();
    database_.execute("PRAGMA synchronous=FULL");
}

FlushAtCommit::~FlushAtCommit() {
    if (database_.is_flushed_elsewhere())
        sqlite3_exec(database_.handle(), "PRAGMA synchronous=NORMAL", nullptr, nullptr, nullptr);
}

Transaction::~Transaction() {
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.commit();
    open_ = false;
    database_.works();
}

}  // namespace eph

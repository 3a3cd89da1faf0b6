// The thin layer over SQLite's C interface.
#include "daemon/ledger/sqlite.hpp"

#include <sqlite3.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// SQLite quotes what is in the file, and a damaged file holds anything.
std::string words_for(sqlite3* handle, int result) {
    return printable(handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
}

[[noreturn]] void fail(const Database& database, int result) {
    const int code = result & 0xff;
    Error error{Code::storage, "the ledger {}: {}", database.path(), words_for(database.handle(), result)};
    if (code == SQLITE_FULL) throw std::move(error).hint("The disk is full: make room on it.");
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        throw std::move(error).hint(
            "The file is damaged: stop ephd, move it aside and start again; eph cleanup then finds what is left.");
    }
    throw error;
}

}  // namespace

Database::Database(const std::string& path) : path_(path) {
    const int result = sqlite3_open_v2(path.c_str(), &handle_,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (result != SQLITE_OK) {
        Error error{Code::storage, "cannot open the ledger {}: {}", path, words_for(handle_, result)};
        sqlite3_close_v2(handle_);
        throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 5000);
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::execute(const char* sql) {
    const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) fail(*this, result);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    const int result = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (result != SQLITE_OK) fail(database, result);
}

Statement::~Statement() { sqlite3_finalize(handle_); }

bool Statement::step() {
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

Transaction::~Transaction() {
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace eph

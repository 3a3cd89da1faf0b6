// SQLite as three RAII types. Failures are thrown as Error{storage}, those of a damaged file as Damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace eph {

// Not a database, or one whose pages contradict each other.
class Damaged : public Error {
public:
    explicit Damaged(Error error) : Error(std::move(error)) {}
};

// The file or its disk fails; until a transaction has succeeded again.
struct Trouble {
    std::string message;
    Timestamp since;
};

class Statement;

class Database {
public:
    explicit Database(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const char* sql);  // one or more statements without results
    void begin();                   // a transaction that writes
    void commit();
    sqlite3* handle() const { return handle_; }
    const std::string& path() const { return path_; }

    // The WAL is flushed by somebody else from now on, who is told of each commit: none has reached the disk when it
    // returns, unless a FlushAtCommit lives. Losing the last of them is all that a machine which stops can do.
    void flushed_elsewhere(std::function<void()> on_commit);
    bool is_flushed_elsewhere() const { return on_commit_ != nullptr; }
    std::uint32_t wal_frames() const { return wal_frames_; }  // that commits have made

    // A flush failed. What it was for may never get to the disk from the WAL, whatever a later one says.
    void be_unsure(const std::string& message);
    bool unsure() const { return unsure_; }
    void make_sure();  // by way of the database itself; throws what it throws

    void in_trouble(const std::string& message);
    void works() {
        if (!unsure_) trouble_.reset();
    }
    const std::optional<Trouble>& trouble() const { return trouble_; }
    void found_damaged();
    bool damaged() const { return damaged_; }
    std::function<void()> on_damage;  // called once, from within the statement that found it

private:
    static int committed(void* self, sqlite3* handle, const char* name, int frames);

    std::string path_;
    sqlite3* handle_ = nullptr;
    std::unique_ptr<Statement> begin_;  // both prepared when they are first needed
    std::unique_ptr<Statement> commit_;
    std::function<void()> on_commit_;
    std::uint32_t wal_frames_ = 0;
    bool unsure_ = false;
    std::optional<Trouble> trouble_;
    bool damaged_ = false;
};

// A prepared statement; bind, then step until it says false. It is reset when it is bound anew.
class Statement {
public:
    Statement(Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    template <class... Values>
    Statement& bind(const Values&... values) {
        reset();
        int index = 0;
        (set(++index, values), ...);
        return *this;
    }

    template <class... Values>
    void run(const Values&... values) {  // for statements without results
        bind(values...);
        while (step()) {
        }
        reset();
    }

    bool step();  // true: a row stands ready
    void reset();

    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::optional<std::int64_t> maybe_integer(int column) const;

private:
    void set(int index, std::int64_t value);
    void set(int index, int value) { set(index, static_cast<std::int64_t>(value)); }
    void set(int index, std::string_view value);
    void set(int index, const std::string& value) { set(index, std::string_view{value}); }
    void set(int index, const char* value) { set(index, std::string_view{value}); }
    void set(int index, const std::optional<std::int64_t>& value);
    void check(int result, int index);

    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

// While it lives a commit returns when it is on the disk, or fails and is none.
class FlushAtCommit {
public:
    explicit FlushAtCommit(Database& database);
    ~FlushAtCommit();
    FlushAtCommit(const FlushAtCommit&) = delete;
    FlushAtCommit& operator=(const FlushAtCommit&) = delete;

private:
    Database& database_;
};

// BEGIN IMMEDIATE; rolls back unless it was committed.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) { database_.begin(); }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace eph

// fdatasync(2) of the WAL. SQLite itself flushes only for its checkpoints then, and where it is told to.
#include "daemon/ledger/flusher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/ledger/ledger.hpp"
#include "daemon/ledger/wal_mark.hpp"

namespace eph {
namespace {

constexpr Duration in_a_moment = std::chrono::milliseconds{50};

int flush(int descriptor) {
#if defined(__APPLE__)
    const int result = fcntl(descriptor, F_FULLFSYNC);  // fsync(2) does not wait for the disk there
#else
    const int result = fdatasync(descriptor);
#endif
    return result < 0 ? errno : 0;
}

}  // namespace

class Flusher::File {
public:
    explicit File(const std::filesystem::path& path) : descriptor_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

Flusher::Flusher(asio::any_io_executor executor, const std::filesystem::path& ledger, int lock_file)
    : executor_(executor), ledger_(ledger), lock_file_(lock_file), commit_(executor), flushed_(executor) {
    // From the first moment on it has to be known that not all of the WAL need be on the disk.
    if (read_mark(lock_file_)) return;
    (void)write_mark(lock_file_, WalMark{});
    (void)flush(lock_file_);
}

void Flusher::work_on(Database& database) {
    database_ = &database;
    wal_.reset();
    flushing_ = false;
    durable_ = committed_;
    ++failures_;
    last_failure_ = EIO;
    flushed_.notify();
    database.flushed_elsewhere([this] {
        ++committed_;
        commit_.notify();
    });
}

Task<void> Flusher::durable() {
    const std::uint64_t mine = committed_;
    while (durable_ < mine) {
        const std::uint64_t failures = failures_;
        if (database_->unsure()) {
            database_->make_sure();
            durable_ = committed_;
            flushed_.notify();
            co_return;
        }
        if (!flushing_) begin();
        co_await flushed_.wait();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw_if_cancelled(asio::error::operation_aborted);
        if (failures_ != failures) throw failure(last_failure_);
    }
}

Task<void> Flusher::keep_durable() {
    asio::steady_timer pause{executor_};
    for (;;) {
        while (durable_ == committed_) co_await commit_.wait();
        const std::uint64_t these = committed_;
        pause.expires_after(in_a_moment);
        co_await pause.async_wait(use_awaitable);
        if (durable_ >= these) continue;  // together with what somebody waited for
        bool done = false;
        try {
            co_await durable();
            done = true;
        } catch (const Error& error) {
            spdlog::error("{}", error.message());
        }
        if (done) continue;
        pause.expires_after(after_ledger_trouble);
        co_await pause.async_wait(use_awaitable);
    }
}

// On the thread nothing is touched but the two files.
void Flusher::begin() {
    if (!wal_) wal_ = std::make_shared<File>(ledger_.string() + "-wal");
    flushing_ = true;
    const auto mark = mark_of(wal_->descriptor(), database_->wal_frames());
    asio::post(thread_, [this, wal = wal_, commits = committed_, mark] {
        const int reason = flush(wal->descriptor());
        if (reason == 0 && mark) (void)write_mark(lock_file_, *mark);
        asio::post(executor_, [this, wal, commits, reason] { finished(wal, commits, reason); });
    });
}

void Flusher::finished(const std::shared_ptr<File>& wal, std::uint64_t commits, int reason) {
    if (wal != wal_) return;  // of a ledger that was set aside meanwhile
    flushing_ = false;
    if (reason == 0) {
        durable_ = std::max(durable_, commits);
    } else {
        ++failures_;
        last_failure_ = reason;
        wal_.reset();  // opened again the next time
        database_->be_unsure(failure(reason).message());
    }
    flushed_.notify();
}

Error Flusher::failure(int reason) const {
    Error error{Code::storage, "the ledger {} does not reach its disk: {}", ledger_.string(), std::strerror(reason)};
    return std::move(error).hint(reason == ENOSPC ? "The disk is full: make room on it."
                                                  : "The disk, or the way to it, fails: see the system's log.");
}

}  // namespace eph

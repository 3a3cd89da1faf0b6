// Brings the ledger's commits to the disk: on a thread of its own, one flush for all that wait for one, so that ephd
// does not stand still meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "common/async/signal.hpp"
#include "common/async/task.hpp"
#include "common/error.hpp"
#include "daemon/ledger/sqlite.hpp"

namespace eph {

class Flusher {
public:
    // `lock_file`: the ledger's, for the mark (wal_mark.hpp). Both outlive this.
    Flusher(asio::any_io_executor executor, const std::filesystem::path& ledger, int lock_file);
    Flusher(const Flusher&) = delete;
    Flusher& operator=(const Flusher&) = delete;

    // From now on; what another one had committed is not waited for any more.
    void work_on(Database& database);

    // Returns when all that was committed before this call is on the disk. Throws Error{storage}.
    Task<void> durable();

    // Until cancelled: what nobody waits for gets there in a moment, too.
    Task<void> keep_durable();

private:
    class File;

    void begin();
    void finished(const std::shared_ptr<File>& wal, std::uint64_t commits, int reason);
    Error failure(int reason) const;

    asio::any_io_executor executor_;
    std::filesystem::path ledger_;
    int lock_file_;
    Database* database_ = nullptr;
    std::shared_ptr<File> wal_;
    std::uint64_t committed_ = 0;
    std::uint64_t durable_ = 0;  // of them
    std::uint64_t failures_ = 0;
    int last_failure_ = 0;  // errno
    bool flushing_ = false;
    Signal commit_;
    Signal flushed_;
    asio::thread_pool thread_{1};  // last: what it does ends before the rest goes
};

}  // namespace eph

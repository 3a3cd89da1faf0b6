// When the ledger's calls are on the disk, and when they cannot get there.
#include "common/async/wipe_stack.hpp"
#include "daemon/ledger/flusher.hpp"
#include "daemon/ledger/store.hpp"

namespace eph {

void Ledger::flush_beside(const asio::any_io_executor& executor) {
    wipe_stack();  // it starts a thread
    flusher_ = std::make_unique<Flusher>(executor, file_, lock_);
    flusher_->work_on(store_->database);
}

Task<void> Ledger::durable() {
    if (flusher_) co_await flusher_->durable();
}

Task<void> Ledger::keep_durable() {
    if (flusher_) co_await flusher_->keep_durable();
}

const std::optional<Trouble>& Ledger::trouble() const { return store_->database.trouble(); }

void Ledger::try_to_write() {
    const FlushAtCommit at_commit{store_->database};
    Transaction transaction{store_->database};
    store_->database.execute("PRAGMA application_id = 1701865472");  // any page will do
    transaction.commit();
}

}  // namespace eph

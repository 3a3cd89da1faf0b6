// Recording calls and their ends.
#include "recorder.hpp"

#include <algorithm>

namespace eph::sim {

std::uint64_t Recorder::arrived(const Call& call, std::string fault) {
    Record& record = records_.emplace_back();
    record.seq = ++last_seq_;
    record.call = call;
    record.body_bytes = call.body.size();
    record.call.body.resize(std::min(call.body.size(), kKeptBody));
    record.arrived = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    record.fault = std::move(fault);
    wake();
    return record.seq;
}

void Recorder::answered(std::uint64_t seq, unsigned status) {
    if (records_.empty() || seq < records_.front().seq) return;  // forgotten meanwhile
    records_[seq - records_.front().seq].status = status;
    wake();
}

void Recorder::wake() {
    for (boost::asio::steady_timer* timer : watchers_) timer->cancel();
}

}  // namespace eph::sim

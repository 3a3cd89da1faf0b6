// What a session reads and writes: the keeper's pipes, and the request that ends it.
#include <boost/asio/write.hpp>

#include "client/session/timeline.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"

namespace eph {
Task<void> Timeline::feed_keeper(std::string input) {
    co_await asio::async_write(keeper_->input(), asio::buffer(input),
                               as_result);  // a keeper that is gone shows on its output
}

// The key goes to the keeper's stdin as one line, and out of eph's memory.
Task<void> Timeline::arm_keeper() {
    std::string line;
    line.reserve(issued_->secret.size() + 1);
    line += issued_->secret;
    line += '\n';
    wipe(issued_->secret);
    const Secret secret = Secret::take(line);
    co_await asio::async_write(keeper_->input(), asio::buffer(secret.reveal().data(), secret.reveal().size()),
                               as_result);
}

Task<void> Timeline::read_keeper() {
    std::string buffer;
    while (auto line = co_await read_line(keeper_->output(), buffer)) {
        if (auto said = parse_keeper_line(*line, place_.mark)) {
            KeeperSaid event{std::move(*said)};
            inbox_.push(std::move(event));
        }
    }
    inbox_.push(KeeperGone{});
}

Task<void> Timeline::read_keeper_errors() {
    constexpr std::size_t most_lines = 20;  // the rest of a chatty banner helps nobody
    std::string buffer;
    while (auto line = co_await read_line(keeper_->errors(), buffer)) {
        if (ssh_said_.size() < most_lines) ssh_said_.push_back(std::move(*line));
    }
}

Task<void> Timeline::end_session() {
    Settled settled;
    try {
        wire::EndSession wanted;
        wanted.reason = outcome_->reason;
        if (outcome_->from_agent) wanted.exit_status = outcome_->status;
        const ApiAnswer answer = co_await api_.call("DELETE", "/v1/sessions/" + issued_->session.id,
                                                    wire::encode(wanted), std::chrono::seconds{30});
        settled.revocation = wire::decode<wire::Revocation>(answer.body);
    } catch (const Error& error) {
        settled.error = error;
    }
    inbox_.push(std::move(settled));
}

}  // namespace eph

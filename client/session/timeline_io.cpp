// What a session reads and writes: the keeper's pipes, and the request that ends it.
#include <boost/asio/write.hpp>

#include "client/session/timeline.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"

namespace eph {

// The program first, then line after line. A keeper that is gone shows on its output.
Task<void> Timeline::feed_keeper(std::string input) {
    co_await asio::async_write(keeper_->input(), asio::buffer(input), as_result);
    for (;;) {
        while (outbox_.empty()) co_await outbox_filled_.wait();
        const Secret line = std::move(outbox_.front());
        outbox_.pop_front();
        const asio::const_buffer bytes{line.reveal().data(), line.reveal().size()};
        const auto [failure, written] = co_await asio::async_write(keeper_->input(), bytes, as_result);
        if (failure) co_return;
    }
}

void Timeline::tell_host(Secret line) {
    outbox_.push_back(std::move(line));
    outbox_filled_.notify();
}

// The key as the keeper takes it; afterwards eph has it nowhere else.
Secret Timeline::key_line() {
    const std::string_view key = plan_.manual_key ? plan_.manual_key->reveal() : std::string_view{issued_->secret};
    std::string line;
    line.reserve(key.size() + 1);
    line += key;
    line += '\n';
    if (plan_.manual_key) plan_.manual_key = Secret{};
    wipe(issued_->secret);
    return Secret::take(line);
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
        if (line->starts_with("Allocated port ")) continue;  // what ssh says of the way back
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
        settled.revocation = answer.as<wire::Revocation>();
    } catch (const Error& error) {
        settled.error = error;
    }
    inbox_.push(std::move(settled));
}

}  // namespace eph

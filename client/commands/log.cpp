// eph log: the audit trail, as it is or as it grows.
#include <charconv>
#include <iostream>

#include <boost/asio/steady_timer.hpp>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

constexpr std::int64_t most_lines = 100'000;

std::string line_of(const wire::AuditEntry& entry) {
    const auto cell = [](const std::string& text) { return text.empty() ? std::string{"-"} : printable(text, 120); };
    std::string line =
        fmt::format("{}  {:<15}  {:<10}  {:<10}  {:<16}  {:<20}  {}", when_exactly(entry.at), cell(entry.event),
                    cell(entry.key), cell(entry.session), cell(entry.host), cell(entry.actor), printable(entry.detail));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

// Returns the `seq` of the last one.
std::int64_t print(const wire::AuditList& list, bool json, std::int64_t seq) {
    for (const wire::AuditEntry& entry : list.events) {
        std::cout << (json ? wire::encode(entry) : line_of(entry)) << "\n";
        seq = entry.seq;
    }
    std::cout.flush();
    return seq;
}

// Until Ctrl-C. An ephd that goes away is waited for.
Task<int> follow(bool json, std::int64_t seq) {
    constexpr Duration pause = std::chrono::milliseconds{300};
    ApiClient api{Start::never};  // who only looks on does not bring back an ephd that was stopped
    Progress progress;
    for (bool away = false;;) {
        try {
            const ApiAnswer answer =
                co_await api.call("GET", fmt::format("/v1/events?after={}&wait=30", seq), "", std::chrono::minutes{1});
            seq = print(answer.as<wire::AuditList>(), json, seq);
            away = false;
            continue;
        } catch (const Error& error) {
            if (error.code() != Code::daemon_unreachable) throw;
        }
        if (!away) progress.say("ephd is away; waiting for it");
        away = true;
        asio::steady_timer timer{co_await asio::this_coro::executor, pause};
        co_await timer.async_wait(use_awaitable);
    }
}

Task<int> log(std::int64_t lines, bool follows, bool json) {
    ApiClient api;
    const ApiAnswer answer =
        co_await api.call("GET", fmt::format("/v1/events?last={}", std::max<std::int64_t>(lines, 1)), "", look_limit);
    auto list = answer.as<wire::AuditList>();
    std::int64_t seq = list.events.empty() ? 0 : list.events.back().seq;
    if (lines == 0) list.events.clear();
    (void)print(list, json, seq);
    if (follows) co_return co_await follow(json, seq);
    co_return 0;
}

}  // namespace

int show_log(const Arguments& arguments) {
    std::int64_t lines = 100;
    if (const auto given = arguments.value("--lines")) {
        const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), lines);
        if (error != std::errc{} || end != given->data() + given->size() || lines < 0 || lines > most_lines)
            throw Error{Code::usage, "'{}' is not a number of lines from 0 to {}", printable(*given, 40), most_lines};
    }
    return run_task(log(lines, arguments.has("--follow"), arguments.has("--json")));
}

}  // namespace eph

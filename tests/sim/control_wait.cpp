// The control API's long poll: tests wait for a call to come, and never sleep.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "answers.hpp"
#include "control.hpp"
#include "router.hpp"

namespace eph::sim {
namespace {

constexpr std::uint64_t kUsualTimeoutMs = 10'000;

struct Wanted {
    std::uint64_t count, after;
    std::string match;
    bool answered;
    std::chrono::milliseconds timeout;
};

std::uint64_t number(const std::string& text, std::uint64_t otherwise) {
    std::uint64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Wanted wanted_in(const Call& call) {
    auto query = parse_query(call.query);
    return {number(query["count"], 1), number(query["after"], 0), query["match"], query["answered"] == "1",
            std::chrono::milliseconds{number(query["timeout_ms"], kUsualTimeoutMs)}};
}

std::uint64_t seen(const Recorder& recorder, const Wanted& wanted) {
    const auto fits = [&](const Record& record) {
        return record.seq > wanted.after && (!wanted.answered || record.status != 0) &&
               matches(record.call, wanted.match);
    };
    return static_cast<std::uint64_t>(std::ranges::count_if(recorder.records(), fits));
}

}  // namespace

bool is_wait(const Call& call) { return call.path == "/_sim/wait" && call.method == "GET"; }

bool matches(const Call& call, const std::string& match) {
    const std::string target = call.path + "?" + call.query;
    const auto is_method = [](const std::string& word) {
        return std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
    };
    std::istringstream words{match};
    for (std::string word; words >> word;) {
        const bool fits = is_method(word) ? word == call.method : target.find(word) != std::string::npos;
        if (!fits) return false;
    }
    return true;
}

boost::asio::awaitable<Answer> wait_for_calls(Sim& sim, Call call) {
    const Wanted wanted = wanted_in(call);
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, wanted.timeout};
    const Recorder::Watch watch{sim.recorder, timer};
    std::uint64_t count = seen(sim.recorder, wanted);
    while (count < wanted.count) {
        const auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        count = seen(sim.recorder, wanted);
        if (!error) break;  // the time is up; a cancelled timer means that something was recorded
    }
    co_return json_answer(count >= wanted.count ? 200 : 408, {{"count", count}, {"wanted", wanted.count}});
}

}  // namespace eph::sim

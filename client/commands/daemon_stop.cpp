// eph daemon stop: what lives is shown, ended and confirmed before ephd goes.
#include "client/commands/daemon_stop.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/async/signal.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration ask_limit = std::chrono::seconds{25};      // for one confirmation
constexpr Duration between = std::chrono::milliseconds{200};  // looks at what ephd tries by itself

bool of_session(const wire::Key& key, const wire::Status& status) {
    return std::any_of(status.sessions.begin(), status.sessions.end(),
                       [&](const wire::Session& each) { return each.id == key.session; });
}

std::size_t left_in(const wire::Status& status) {
    const auto alone = std::count_if(status.keys.begin(), status.keys.end(),
                                     [&](const wire::Key& key) { return !of_session(key, status); });
    return status.sessions.size() + static_cast<std::size_t>(alone);
}

std::set<std::string> ids_in(const wire::Status& status) {
    std::set<std::string> ids;
    for (const wire::Session& each : status.sessions) ids.insert(each.id);
    for (const wire::Key& key : status.keys) ids.insert(key.id);
    return ids;
}

// What only the person's word may end; the rest is being revoked anyway.
bool needs_consent(const wire::Status& status) {
    return !status.sessions.empty() || std::any_of(status.keys.begin(), status.keys.end(), [](const wire::Key& key) {
        return key.state == "live" || key.state == "creating";
    });
}

std::string table_of(const wire::Status& status) {
    std::vector<std::vector<std::string>> rows{{"", "ID", "HOST", "LEFT", "KEY"}};
    for (const wire::Session& each : status.sessions) {
        rows.push_back({"session", each.id, each.host, time_left(each.expires_at),
                        each.key.empty() ? "your own, eph cannot revoke it" : each.key + " " + each.key_state});
    }
    for (const wire::Key& key : status.keys) {
        if (of_session(key, status)) continue;
        rows.push_back({"key", key.id, key.host.empty() ? "-" : key.host, time_left(key.expires_at), key.state});
    }
    return format_table(rows);
}

void ask_for_consent(const wire::Status& status, bool yes) {
    std::cout << "This ends, and revokes the keys of:\n" << table_of(status);
    for (const std::string& note : status.notes) std::cout << printable(note) << '\n';  // among them, how many more
    std::cout << std::flush;
    if (yes) return;
    if (isatty(STDIN_FILENO) == 0) {
        throw Error{Code::usage, "sessions or keys live, and there is no terminal to ask on"}.hint(
            "--yes ends them, --keep leaves them as they are.");
    }
    const std::optional<std::string> answer = ask("End them and stop ephd? [y/N] ");
    if (answer != "y" && answer != "Y" && answer != "yes")
        throw Declined{Error{Code::usage, "nothing was ended; ephd goes on"}.hint("--keep leaves them alone.")};
}

// What came of it the next status says.
Task<void> ask_to_end(std::string target, std::string body) {
    ApiClient api{Start::never};
    try {
        co_await api.call("DELETE", target, body, ask_limit);
    } catch (const Error&) {
        // Gone in between, or refused: see above.
    }
}

Task<void> ask_to_end_all(std::vector<std::pair<std::string, std::string>> requests) {
    const auto executor = co_await asio::this_coro::executor;
    Signal answered{executor};
    std::size_t open = requests.size();
    for (auto& [target, body] : requests) {
        asio::co_spawn(executor, ask_to_end(target, body), [&](std::exception_ptr) {
            --open;
            answered.notify();
        });
    }
    while (open > 0) co_await answered.wait();
}

std::vector<std::pair<std::string, std::string>> requests_for(const wire::Status& status, bool first) {
    wire::EndSession wanted;
    wanted.reason = "ephd_stopped";
    std::vector<std::pair<std::string, std::string>> requests;
    for (const wire::Session& each : status.sessions)
        requests.emplace_back("/v1/sessions/" + percent_encoded(each.id), wire::encode(wanted));
    for (const wire::Key& key : status.keys) {
        const bool askable = key.state == "live" || (first && key.state == "revoking");
        if (askable && !of_session(key, status)) requests.emplace_back("/v1/keys/" + percent_encoded(key.id), "");
    }
    return requests;
}

Task<wire::Status> status_now() {
    ApiClient api{Start::never};
    const ApiAnswer answer = co_await api.call("GET", "/v1/status", "", look_limit);
    co_return answer.as<wire::Status>();
}

// Ends all that lives. `status` is what is left of it when patience is at its end.
Task<int> end_all(wire::Status& status) {
    Progress progress;
    Patience patience;
    const std::size_t total = left_in(status);
    for (bool first = true; left_in(status) > 0 && patience.goes_on(ids_in(status), Patience::Clock::now());
         first = false) {
        progress.step(fmt::format("ending and revoking: {} of {} left", left_in(status), total));
        std::vector<std::pair<std::string, std::string>> requests = requests_for(status, first);
        if (!requests.empty()) {
            co_await ask_to_end_all(std::move(requests));
        } else {
            asio::steady_timer pause{co_await asio::this_coro::executor, between};
            co_await pause.async_wait(use_awaitable);
        }
        status = co_await status_now();
    }
    progress.clear();
    if (left_in(status) == 0 && total > 0) progress.say("all of it has ended, and the provider has confirmed it");
    co_return 0;
}

void complain_of(const wire::Status& left, bool force) {
    constexpr std::size_t most_named = 10;
    if (left_in(left) == 0) return;
    std::string names;
    for (std::size_t i = 0; i < std::min(left.keys.size(), most_named); ++i) {
        const wire::Key& key = left.keys[i];
        names += fmt::format("{}{}{}", names.empty() ? "" : ", ", key.id,
                             key.last_error.empty() ? "" : " (" + printable(key.last_error) + ")");
    }
    if (left.keys.size() > most_named) names += fmt::format(" and {} more", left.keys.size() - most_named);
    const std::string sentence = fmt::format("not confirmed as revoked: {}; for {} s nothing else was either", names,
                                             Patience::without_progress.count());
    if (!force) {
        throw Error{Code::provider_refused, "{}", sentence}.hint(
            "ephd goes on running, and trying. eph daemon stop --force stops it all the same: the keys then wait for "
            "the next ephd, or for their own end.");
    }
    Progress{}.warn(sentence + "; the next ephd goes on trying");
}

}  // namespace

bool Patience::goes_on(std::set<std::string> left, Clock::time_point at) {
    const bool progress = !std::includes(left.begin(), left.end(), left_.begin(), left_.end());
    if (progress || !begun_) last_ = at;
    begun_ = true;
    left_ = std::move(left);
    return at < last_ + without_progress;
}

void end_ephd(const Kept& kept, const Arguments& arguments) {
    if (!kept.service.running) kept.must_answer();
    Progress progress;
    if (kept.silence)
        progress.warn(kept.silence->message() + ": it is ended as it is, and what lives waits for the next ephd");
    if (kept.status && !arguments.has("--keep")) {
        if (needs_consent(*kept.status)) ask_for_consent(*kept.status, arguments.has("--yes"));
        wire::Status status = *kept.status;
        run_task(end_all(status));
        complain_of(status, arguments.has("--force"));
    } else if (kept.status && !kept.status->sessions.empty()) {
        progress.say("sessions that live start ephd again by themselves, and go on");
    }
    progress.step("stopping ephd");
    if (kept.status) kept.keeper().stop(kept.status->pid);
    // A service that holds the socket, runs without an answer, or has just been started by a client.
    if (kept.found.manager && kept.service.installed) kept.found.manager->stop(0);
    progress.say(kept.status || kept.silence ? "ephd has ended" : "ephd does not run");
}

int stop_ephd(const Arguments& arguments) {
    end_ephd(look_at_ephd(), arguments);
    return 0;
}

}  // namespace eph

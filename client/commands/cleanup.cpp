// eph cleanup: asks where it would do harm, shows how far it is, and adds up honestly.
#include <unistd.h>

#include <iostream>

#include <boost/asio/co_spawn.hpp>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/async/signal.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

constexpr Duration limit = std::chrono::minutes{15};

struct Wishes {
    wire::Cleanup order;
    bool yes = false;
    bool json = false;
};

Task<void> show_progress(ApiClient& api, Progress& progress) {
    try {
        const ApiAnswer answer = co_await api.call("GET", "/v1/cleanup");
        const auto so_far = answer.as<wire::CleanupProgress>();
        if (so_far.running && so_far.total > 0)
            progress.step(fmt::format("revoking {}", progress_bar(so_far.done, so_far.total)));
    } catch (const Error&) {
        // What matters is said by the cleanup itself.
    }
}

// The cleanup, with its progress beside it for as long as it runs.
Task<ApiAnswer> run(ApiClient& api, wire::Cleanup order, Progress& progress) {
    constexpr Duration between = std::chrono::milliseconds{200};
    const auto executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    std::optional<ApiAnswer> answer;
    Signal ended{executor};
    asio::co_spawn(executor, api.call("POST", "/v1/cleanup", wire::encode(order), limit),
                   [&](std::exception_ptr thrown, ApiAnswer given) {
                       failure = thrown;
                       answer = std::move(given);
                       ended.notify();
                   });
    while (!answer) {
        co_await ended.wait_until(Signal::Clock::now() + between);
        if (!answer && stderr_moves()) co_await show_progress(api, progress);
    }
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*answer);
}

std::vector<std::string> sessions_among(const std::vector<wire::Key>& keys) {
    std::vector<std::string> sessions;
    for (const wire::Key& key : keys) {
        if (!key.session.empty() && key.state == "live")
            sessions.push_back(fmt::format("{} on {}", key.session, printable(key.host, 80)));
    }
    return sessions;
}

// Whether the person wants all of these to go.
Task<bool> confirmed(ApiClient& api, wire::Cleanup order) {
    order.dry_run = true;
    const ApiAnswer answer = co_await api.call("POST", "/v1/cleanup", wire::encode(order), limit);
    const auto preview = answer.as<wire::CleanupResult>();
    if (preview.would_revoke.empty()) co_return true;
    std::string question = fmt::format("This revokes {} {}, of every machine.\n", preview.would_revoke.size(),
                                       preview.would_revoke.size() == 1 ? "key" : "keys");
    for (const std::string& session : sessions_among(preview.would_revoke))
        question += fmt::format("It ends session {}.\n", session);
    const std::optional<std::string> said = ask(question + "Go on? [y/N] ");
    co_return said && (*said == "y" || *said == "Y" || *said == "yes");
}

void print_dry_run(const wire::CleanupResult& result) {
    if (!result.would_revoke.empty()) {
        std::vector<std::vector<std::string>> rows{{"NAME", "ID", "STATE", "LEFT", "HOST"}};
        for (const wire::Key& key : result.would_revoke) {
            rows.push_back({key.name, key.foreign ? key.service_account_id : key.id, key.state,
                            time_left(key.expires_at),
                            key.foreign        ? "(another machine's)"
                            : key.host.empty() ? "-"
                                               : key.host});
        }
        std::cout << format_table(rows);
    }
    std::cout << fmt::format("{} would be revoked, {} left because they are not over; nothing was changed\n",
                             result.would_revoke.size(), result.left);
}

void print_sum(const wire::CleanupResult& result) {
    std::cout << fmt::format(
        "{} revoked, {} already gone, {} failed and still being tried, {} left because they are not over\n",
        result.revoked, result.already_gone, result.pending, result.left);
    for (const wire::Key& key : result.failed)
        std::cout << fmt::format("  key {} ({}): {}\n", key.id, printable(key.name), printable(key.last_error));
}

Task<int> cleanup(Wishes wishes) {
    ApiClient api;
    Progress progress;
    const bool asks = wishes.order.all && !wishes.order.dry_run && !wishes.yes && isatty(STDIN_FILENO) != 0;
    if (asks) {
        const bool go_on = co_await confirmed(api, wishes.order);
        if (!go_on) {
            throw Declined{Error{Code::usage, "nothing was revoked"}.hint(
                "eph cleanup --all --dry-run lists what would go; without --all only what is over goes.")};
        }
    }
    if (!wishes.json) progress.step("reading the provider's list");
    const ApiAnswer answer = co_await run(api, wishes.order, progress);
    const auto result = answer.as<wire::CleanupResult>();
    progress.clear();
    for (const std::string& note : result.notes) progress.warn("not everything was looked at: " + printable(note, 600));
    if (wishes.json) {
        std::cout << wire::pretty(answer.body) << "\n";
    } else if (wishes.order.dry_run) {
        print_dry_run(result);
    } else {
        print_sum(result);
    }
    const bool done = result.pending == 0 && result.notes.empty();
    co_return done ? 0 : exit_status(Code::provider_refused);
}

}  // namespace

int clean_up(const Arguments& arguments) {
    Wishes wishes;
    wishes.order.all = arguments.has("--all");
    wishes.order.dry_run = arguments.has("--dry-run");
    wishes.yes = arguments.has("--yes");
    wishes.json = arguments.has("--json");
    return run_task(cleanup(std::move(wishes)));
}

}  // namespace eph

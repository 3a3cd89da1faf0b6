// eph auth setup, eph auth doctor.
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

Task<int> set_up(wire::SetAccount wanted) {
    ApiClient api;
    std::string body = wire::encode(wanted);
    wipe(wanted.admin_key);
    const ApiAnswer answer = co_await api.call("PUT", "/v1/accounts/openai", std::move(body));
    const auto account = wire::decode<wire::Account>(answer.body);
    Progress progress;
    progress.say(fmt::format("the admin key {} works for project {} and is stored in {} (mode 0600)",
                             account.fingerprint, printable(account.project), printable(account.stored_in)));
    co_return 0;
}

void print(const wire::CheckStep& step) {
    std::cout << fmt::format("{:<6} {:<11} {:>6} ms  {}\n", step.passed ? "ok" : "FAILED", step.name, step.millis,
                             printable(step.detail));
    if (!step.hint.empty()) std::cout << fmt::format("{:>30}{}\n", "", printable(step.hint));
}

Task<int> doctor(bool live, bool json) {
    ApiClient api;
    const auto began = Clock::now();
    ApiAnswer answer = co_await api.call("GET", "/v1/status");
    const auto status = wire::decode<wire::Status>(answer.body);
    wire::CheckStep daemon;
    daemon.name = "daemon";
    daemon.passed = true;
    daemon.millis = std::chrono::duration_cast<Duration>(Clock::now() - began).count();
    daemon.detail = fmt::format("ephd {}, process {}", status.version, status.pid);
    if (!json) print(daemon);

    wire::CheckReport report;
    try {
        answer = co_await api.call("POST", fmt::format("/v1/accounts/openai/check{}", live ? "?live=1" : ""));
        report = wire::decode<wire::CheckReport>(answer.body);
        wire::CheckStep account;
        account.name = "account";
        account.passed = true;
        account.detail = fmt::format("key {} from {}, project {}", report.account.fingerprint, report.account.source,
                                     report.account.project);
        report.steps.insert(report.steps.begin(), account);
    } catch (const Error& error) {
        if (error.code() != Code::no_account && error.code() != Code::usage) throw;
        wire::CheckStep account;
        account.name = "account";
        account.detail = error.message();
        account.hint = error.hint();
        report.steps.push_back(account);
    }
    bool passed = true;
    for (const wire::CheckStep& step : report.steps) {
        passed = passed && step.passed;
        if (!json) print(step);
    }
    report.steps.insert(report.steps.begin(), daemon);
    if (json) std::cout << wire::pretty(wire::encode(report)) << "\n";
    co_return passed ? 0 : exit_status(Code::provider_refused);
}

}  // namespace

int set_up_account(const Arguments& arguments) {
    wire::SetAccount wanted;
    if (const auto project = arguments.value("--project")) wanted.project = *project;
    if (const auto base_url = arguments.value("--base-url")) wanted.base_url = *base_url;
    const std::optional<Secret> key = ask_secret("OpenAI admin key (sk-admin-..., not shown): ");
    if (!key || key->empty())
        throw Error{Code::usage, "no admin key was given"}.hint("Type it at the question, or pipe it in as one line.");
    if (wanted.project.empty()) {
        const std::optional<std::string> project = ask("OpenAI project id (proj_...): ");
        if (!project || project->empty())
            throw Error{Code::usage, "no project id was given"}.hint(
                "Type it at the question, or name it with --project.");
        wanted.project = *project;
    }
    wanted.admin_key = key->reveal();
    return run_task(set_up(std::move(wanted)));
}

int check_account(const Arguments& arguments) {
    return run_task(doctor(arguments.has("--live"), arguments.has("--json")));
}

}  // namespace eph

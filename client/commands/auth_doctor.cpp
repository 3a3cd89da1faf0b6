// eph auth doctor: each step on a line of its own, and what to do where one fails.
#include <functional>
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/provider_choice.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

void print(const wire::CheckStep& step) {
    std::cout << fmt::format("{:<6} {:<11} {:>6} ms  {}\n", step.passed ? "ok" : "FAILED", step.name, step.millis,
                             printable(step.detail));
    if (!step.passed && !step.hint.empty()) std::cout << fmt::format("{:>30}{}\n", "", printable(step.hint));
    std::cout.flush();
}

class Doctor {
public:
    Doctor(std::string provider, bool live, bool json)
        : provider_(std::move(provider)), live_(live), json_(json), api_(provider_) {}

    Task<int> run() {
        co_await ask("daemon", "/v1/status", &Doctor::see_daemon);
        if (passed_) co_await ask("account", "/v1/accounts/" + provider_, &Doctor::see_account);
        if (passed_) co_await check();
        if (json_) std::cout << wire::pretty(wire::encode(report_)) << "\n";
        co_return passed_ ? 0 : exit_status(Code::provider_refused);
    }

private:
    void add(wire::CheckStep step) {
        passed_ = passed_ && step.passed;
        if (!json_) print(step);
        report_.steps.push_back(std::move(step));
    }

    // A step that is one request to ephd.
    Task<void> ask(std::string name, std::string target, std::string (Doctor::*see)(const std::string&)) {
        wire::CheckStep step;
        step.name = std::move(name);
        const auto began = Clock::now();
        try {
            const ApiAnswer answer = co_await api_.call("GET", std::move(target));
            step.detail = (this->*see)(answer.body);
            step.passed = true;
        } catch (const Error& error) {
            step.detail = error.message();
            step.hint = error.hint();
        }
        step.millis = std::chrono::duration_cast<Duration>(Clock::now() - began).count();
        add(std::move(step));
    }

    std::string see_daemon(const std::string& body) {
        const auto status = understood<wire::Status>(body);
        std::string detail = fmt::format("ephd {}, process {}", status.version, status.pid);
        for (const std::string& note : status.notes) detail += "; " + note;
        return detail;
    }

    std::string see_account(const std::string& body) {
        report_.account = understood<wire::Account>(body);
        const wire::Account& account = report_.account;
        const std::string name = account.name.empty() ? "" : account.name + ": ";
        if (account.fingerprint.empty()) return fmt::format("{}{} needs no key", name, account.title);
        return fmt::format("{}key {} from {}{}", name, account.fingerprint, account.stored_in,
                           account.makes_keys ? ", project " + account.project : "");
    }

    Task<void> check() {
        const ApiAnswer answer =
            co_await api_.call("POST", fmt::format("/v1/accounts/{}/check{}", provider_, live_ ? "?live=1" : ""));
        auto report = answer.as<wire::CheckReport>();
        report_.account = std::move(report.account);
        for (wire::CheckStep& step : report.steps) add(std::move(step));
    }

    const std::string provider_;
    const bool live_;
    const bool json_;
    bool passed_ = true;
    ApiClient api_;
    wire::CheckReport report_;
};

}  // namespace

int check_account(const Arguments& arguments) {
    Doctor doctor{provider_of(arguments), arguments.has("--live"), arguments.has("--json")};
    return run_task(doctor.run());
}

}  // namespace eph

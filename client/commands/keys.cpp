// eph keys create, list, revoke; eph cleanup.
#include <unistd.h>

#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "common/duration.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

constexpr Duration cleanup_limit = std::chrono::minutes{15};

Task<int> create(wire::CreateKey wanted, bool json) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("POST", "/v1/keys", wire::encode(wanted));
    auto issued = wire::decode<wire::Issued>(answer.body);
    Progress progress;
    for (const std::string& note : issued.notes) progress.warn(printable(note));
    if (json) {
        std::cout << wire::pretty(answer.body) << std::endl;
    } else {
        std::cout << issued.secret << std::endl;
        progress.say(fmt::format("key {} until {}; revoke it with: eph keys revoke {}", issued.key.id,
                                 when(issued.key.expires_at), issued.key.id));
    }
    wipe(issued.secret);
    co_return 0;
}

Task<int> list(bool json, bool all) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", fmt::format("/v1/keys?source=provider{}", all ? "&all=1" : ""));
    const auto keys = wire::decode<wire::KeyList>(answer.body);
    Progress progress;
    if (!keys.note.empty()) progress.warn("keys of other machines are not shown: " + printable(keys.note));
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
        co_return 0;
    }
    if (keys.keys.empty()) {
        std::cout << "no keys\n";
        co_return 0;
    }
    std::vector<std::vector<std::string>> rows{{"KEY", "STATE", "LEFT", "HOST", "NAME", "PROVIDER'S ID"}};
    for (const wire::Key& key : keys.keys) {
        const bool settled = key.state == "revoked";
        rows.push_back({key.foreign ? "(another machine's)" : key.id, key.state,
                        settled ? "-" : time_left(key.expires_at), key.host.empty() ? "-" : key.host, key.name,
                        key.service_account_id.empty() ? "-" : key.service_account_id});
    }
    std::cout << format_table(rows);
    co_return 0;
}

Task<int> revoke(std::string reference, bool json) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("DELETE", "/v1/keys/" + percent_encoded(reference));
    const auto outcome = wire::decode<wire::Revocation>(answer.body);
    Progress progress;
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (outcome.confirmed) {
        if (!json) progress.say(fmt::format("key {} is revoked", outcome.key.id));
        co_return 0;
    }
    progress.warn(fmt::format("key {} is NOT revoked yet: {}; ephd goes on trying, see eph status", outcome.key.id,
                              printable(outcome.key.last_error)));
    co_return exit_status(Code::provider_refused);
}

Task<int> cleanup(wire::Cleanup wanted, bool json) {
    ApiClient api;
    Progress progress;
    if (!json) progress.step("reading the provider's list");
    const ApiAnswer answer = co_await api.call("POST", "/v1/cleanup", wire::encode(wanted), cleanup_limit);
    const auto result = wire::decode<wire::CleanupResult>(answer.body);
    progress.clear();
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
    } else {
        std::cout << fmt::format(
            "{} revoked, {} already gone, {} still being tried, {} left because they are not over\n", result.revoked,
            result.already_gone, result.pending, result.left);
        for (const wire::Key& key : result.failed)
            std::cout << fmt::format("  key {} ({}): {}\n", key.id, printable(key.name), printable(key.last_error));
    }
    co_return result.pending == 0 ? 0 : exit_status(Code::provider_refused);
}

}  // namespace

int create_key(const Arguments& arguments) {
    wire::CreateKey wanted;
    if (!arguments.words.empty()) wanted.label = arguments.words[0];
    if (const auto provider = arguments.value("--provider")) wanted.provider = *provider;
    if (const auto ttl = arguments.value("--ttl"))
        wanted.ttl_seconds = std::chrono::ceil<std::chrono::seconds>(parse_duration(*ttl)).count();
    return run_task(create(std::move(wanted), arguments.has("--json")));
}

int list_keys(const Arguments& arguments) { return run_task(list(arguments.has("--json"), arguments.has("--all"))); }

int revoke_key(const Arguments& arguments) { return run_task(revoke(arguments.words[0], arguments.has("--json"))); }

int clean_up(const Arguments& arguments) {
    wire::Cleanup wanted;
    wanted.all = arguments.has("--all");
    return run_task(cleanup(std::move(wanted), arguments.has("--json")));
}

}  // namespace eph

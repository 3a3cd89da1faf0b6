// eph keys create, list, revoke.
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

enum class Form { plain, json, environment };

std::string quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    return result + "'";
}

void print_environment(const wire::Issued& issued) {
    std::cout << "export OPENAI_API_KEY=" << quoted(issued.secret) << "\n";
    if (!issued.base_url.empty()) std::cout << "export OPENAI_BASE_URL=" << quoted(issued.base_url) << "\n";
    std::cout.flush();
}

Task<int> create(wire::CreateKey wanted, Form form) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("POST", "/v1/keys", wire::encode(wanted));
    auto issued = answer.as<wire::Issued>();
    Progress progress;
    for (const std::string& note : issued.notes) progress.warn(printable(note));
    if (form == Form::json) {
        std::cout << wire::pretty(answer.body) << std::endl;
    } else {
        if (form == Form::environment) print_environment(issued);
        if (form == Form::plain) std::cout << issued.secret << std::endl;
        progress.say(fmt::format("key {} until {}; revoke it with: eph keys revoke {}", issued.key.id,
                                 when(issued.key.expires_at), issued.key.id));
    }
    wipe(issued.secret);
    co_return 0;
}

// LAST USED is the provider's: where it is not known, nothing is claimed.
Task<int> list(bool json, bool all) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", fmt::format("/v1/keys?source=provider{}", all ? "&all=1" : ""));
    const auto keys = answer.as<wire::KeyList>();
    Progress progress;
    if (!keys.note.empty()) progress.warn(printable(keys.note, 1000));
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
        co_return 0;
    }
    if (keys.keys.empty()) {
        std::cout << "no keys\n";
        co_return 0;
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "ID", "STATE", "AGE", "LEFT", "HOST", "LAST USED"}};
    for (const wire::Key& key : keys.keys) {
        const std::string host = key.foreign ? "(another machine's)" : key.host.empty() ? "-" : key.host;
        rows.push_back({key.name, key.foreign ? key.service_account_id : key.id, key.state, time_since(key.created_at),
                        key.state == "revoked" ? "-" : time_left(key.expires_at), host,
                        key.last_used_at ? time_since(*key.last_used_at) + " ago" : "-"});
    }
    std::cout << format_table(rows);
    co_return 0;
}

Task<int> revoke_one(ApiClient& api, std::string reference, bool json) {
    Progress progress;
    const ApiAnswer answer = co_await api.call("DELETE", "/v1/keys/" + percent_encoded(reference));
    const auto outcome = answer.as<wire::Revocation>();
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (outcome.confirmed) {
        if (!json) progress.say(fmt::format("key {} is revoked", outcome.key.id));
        co_return 0;
    }
    progress.warn(fmt::format("key {} is NOT revoked yet: {}; ephd goes on trying, see eph status", outcome.key.id,
                              printable(outcome.key.last_error)));
    co_return exit_status(Code::provider_refused);
}

// Each is told; the first failure is the exit status.
Task<int> revoke(std::vector<std::string> references, bool json) {
    ApiClient api;
    int status = 0;
    for (const std::string& reference : references) {
        int one = 0;
        try {
            one = co_await revoke_one(api, reference, json);
        } catch (const Error& error) {
            if (references.size() == 1) throw;
            Progress{}.fail(error);
            one = exit_status(error.code());
        }
        if (status == 0) status = one;
    }
    co_return status;
}

}  // namespace

int create_key(const Arguments& arguments) {
    wire::CreateKey wanted;
    if (!arguments.words.empty()) wanted.label = arguments.words[0];
    if (const auto provider = arguments.value("--provider")) wanted.provider = *provider;
    if (const auto ttl = arguments.value("--ttl"))
        wanted.ttl_seconds = std::chrono::ceil<std::chrono::seconds>(parse_duration(*ttl)).count();
    wanted.scopes = arguments.values("--scope");
    const bool json = arguments.has("--json");
    const bool environment = arguments.has("--print-env");
    if (json && environment) throw Error{Code::usage, "--json and --print-env exclude each other"};
    const Form form = json ? Form::json : environment ? Form::environment : Form::plain;
    return run_task(create(std::move(wanted), form));
}

int list_keys(const Arguments& arguments) { return run_task(list(arguments.has("--json"), arguments.has("--all"))); }

int revoke_key(const Arguments& arguments) { return run_task(revoke(arguments.words, arguments.has("--json"))); }

}  // namespace eph

// The control API's calls that answer at once.
#include "control.hpp"

#include <fmt/format.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "answers.hpp"
#include "router.hpp"

namespace eph::sim {
namespace {

Answer refuse(std::string_view message) { return openai_error(400, message); }

const char* to_text(CredentialKind kind) {
    switch (kind) {
        case CredentialKind::none:
            return "none";
        case CredentialKind::bearer:
            return "bearer";
        case CredentialKind::x_api_key:
            return "x-api-key";
        case CredentialKind::x_goog_api_key:
            return "x-goog-api-key";
    }
    return "";
}

Json state_of(const World& world, const Key& key) {
    return {{"id", key.id},
            {"name", key.name},
            {"value", key.value},
            {"scopes", key.scopes},
            {"created_at", seconds(key.created_at)},
            {"expires_at", seconds(key.expires_at)},
            {"last_used_at", seconds(key.last_used_at)},
            {"deleted", world.deleted(key)},
            {"live", world.live(key)}};
}

Json state_of(const World& world, const Account& account) {
    Json keys = Json::array();
    for (const Key& key : account.keys) keys.push_back(state_of(world, key));
    return {{"id", account.id},
            {"listed_id", account.listed_id},
            {"project", account.project},
            {"name", account.name},
            {"role", eph::sim::to_text(account.role)},
            {"created_at", seconds(account.created_at)},
            {"deleted", account.deleted_at.has_value()},
            {"deleted_at", seconds(account.deleted_at)},
            {"deleted_ms", account.deleted_ms},
            {"keys", keys}};
}

Answer show_state(Sim& sim, const Call& call, const Params&) {
    const bool only_present = parse_query(call.query)["present"] == "1";
    Json accounts = Json::array(), users = Json::array();
    std::size_t live_accounts = 0, live_keys = 0;
    for (const Account& account : sim.world.accounts()) {
        if (!only_present || !account.deleted_at) accounts.push_back(state_of(sim.world, account));
        live_accounts += account.deleted_at ? 0 : 1;
        for (const Key& key : account.keys) live_keys += sim.world.live(key) ? 1 : 0;
    }
    for (const User& user : sim.world.users())
        users.push_back({{"id", user.id}, {"name", user.name}, {"deleted", user.deleted_at.has_value()}});
    return json_answer(200, {{"project", sim.options.project},
                             {"now", seconds(sim.world.now())},
                             {"live_accounts", live_accounts},
                             {"live_keys", live_keys},
                             {"accounts", accounts},
                             {"users", users},
                             {"connections", {{"open", sim.connections.open}, {"total", sim.connections.total}}}});
}

// Whose credential it was: "admin", the id of a key, or null for an unknown one.
Json credential_id(Sim& sim, const std::string& credential) {
    if (credential == sim.options.admin_key) return "admin";
    const Key* key = sim.world.key_by_value(credential);
    return key == nullptr ? Json(nullptr) : Json(key->id);
}

Json body_of(const Record& record) {
    const std::string& text = record.call.body;
    if (!is_admin(record.call)) return text;
    if (text.empty()) return nullptr;
    Json body = Json::parse(text, nullptr, false);
    return body.is_discarded() ? Json(text) : body;
}

// By lower-case name; what was sent twice is joined, so that a test can see a second credential.
Json headers_of(const Record& record) {
    Json headers = Json::object();
    for (auto [name, value] : record.call.headers) {
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        headers[name] = headers.contains(name) ? headers[name].get<std::string>() + ", " + value : value;
    }
    return headers;
}

Answer show_requests(Sim& sim, const Call& call, const Params&) {
    const std::string match = parse_query(call.query)["match"];
    Json requests = Json::array();
    for (const Record& record : sim.recorder.records()) {
        if (!matches(record.call, match)) continue;
        requests.push_back({{"seq", record.seq},
                            {"connection", record.call.connection},
                            {"arrived_us", record.arrived.time_since_epoch().count()},
                            {"arrived_ms", record.arrived.time_since_epoch().count() / 1000},
                            {"method", record.call.method},
                            {"path", record.call.path},
                            {"query", record.call.query},
                            {"status", record.status},
                            {"fault", record.fault.empty() ? Json(nullptr) : Json(record.fault)},
                            {"credential_kind", to_text(record.call.credential_kind)},
                            {"credential", credential_id(sim, record.call.credential)},
                            {"headers", headers_of(record)},
                            {"body", body_of(record)},
                            {"body_bytes", record.body_bytes}});
    }
    return json_answer(200, requests);
}

Answer forget_requests(Sim& sim, const Call&, const Params&) {
    sim.recorder.forget();
    return json_answer(200, Json::object());
}

// "{n}" in the name becomes 1, 2, ...; without it, several are told apart by a "-1", "-2", ... at the end.
std::string numbered(std::string name, int n, int count) {
    if (const auto at = name.find("{n}"); at != std::string::npos) return name.replace(at, 3, std::to_string(n));
    return count == 1 ? name : fmt::format("{}-{}", name, n);
}

Answer seed_accounts(Sim& sim, const Call& call, const Params&) {
    const Json body = object_in(call).value_or(Json());
    const auto role = role_of(body.value("role", "member"));
    if (!body.contains("name") || !role) return refuse("wants {name, count?, created_at?, role?, expires_in_seconds?}");
    const int count = body.value("count", 1);
    const Timestamp now = sim.world.now();
    const Timestamp created{std::chrono::seconds{body.value("created_at", now.time_since_epoch().count())}};
    std::optional<std::chrono::seconds> lifetime;
    if (body.contains("expires_in_seconds")) lifetime = std::chrono::seconds{body["expires_in_seconds"].get<int>()};
    Json seeded = Json::array();
    for (int n = 1; n <= count; ++n) {
        Account& account = sim.world.add_account(numbered(body["name"], n, count), *role, created);
        sim.world.add_key(account, "Secret Key", lifetime);
        seeded.push_back(state_of(sim.world, account));
    }
    return json_answer(200, {{"accounts", seeded}});
}

Answer delete_behind_the_back(Sim& sim, const Call& call, const Params&) {
    const Json body = object_in(call).value_or(Json());
    Account* account = body.contains("id") ? sim.world.account(body["id"]) : nullptr;
    if (account == nullptr && body.contains("name")) account = sim.world.account_named(body["name"]);
    if (account == nullptr) return openai_error(404, "no such account; wants {id} or {name}");
    sim.world.remove(*account);
    return json_answer(200, state_of(sim.world, *account));
}

std::optional<Fault> fault_in(const Json& body) {
    const auto kind = fault_kind(body.value("kind", "status"));
    if (!kind) return std::nullopt;
    Fault fault;
    const Json match = body.value("match", Json::object());
    fault.kind = *kind;
    fault.method = match.value("method", "");
    fault.path_contains = match.value("path_contains", "");
    fault.body_contains = match.value("body_contains", "");
    fault.skip = body.value("skip", 0);
    fault.times = body.value("times", 1);
    fault.effect = body.value("effect", false);
    fault.delay = std::chrono::milliseconds{body.value("delay_ms", 0)};
    fault.items = body.value("items", std::size_t{1});
    if (body.contains("status")) fault.status = body["status"].get<unsigned>();
    if (body.contains("body"))
        fault.body = body["body"].is_string() ? body["body"].get<std::string>() : body["body"].dump();
    const Json headers = body.value("headers", Json::object());
    for (const auto& [name, value] : headers.items())
        fault.headers.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    return fault;
}

Answer show_faults(Sim& sim, const Call&, const Params&) {
    Json faults = Json::array();
    for (const Fault& fault : sim.faults.all())
        faults.push_back({{"kind", eph::sim::to_text(fault.kind)},
                          {"match", {{"method", fault.method}, {"path_contains", fault.path_contains}}},
                          {"times_left", fault.times},
                          {"hits", fault.hits}});
    return json_answer(200, faults);
}

Answer add_fault(Sim& sim, const Call& call, const Params& params) {
    auto fault = fault_in(object_in(call).value_or(Json()));
    if (!fault) return refuse("unknown kind of fault");
    sim.faults.add(std::move(*fault));
    return show_faults(sim, call, params);
}

// Says what they were, so that none can be met between a look at them and their end.
Answer clear_faults(Sim& sim, const Call& call, const Params& params) {
    const Answer were = show_faults(sim, call, params);
    sim.faults.clear();
    return were;
}

Answer set_latency(Sim& sim, const Call& call, const Params&) {
    sim.latency = std::chrono::milliseconds{object_in(call).value_or(Json()).at("ms").get<int>()};
    return json_answer(200, {{"ms", sim.latency.count()}});
}

// Moves the provider's own clock, so that a test sees a key expire without waiting for it.
Answer move_clock(Sim& sim, const Call& call, const Params&) {
    sim.world.shift_clock(std::chrono::seconds{object_in(call).value_or(Json()).at("advance_seconds").get<int>()});
    return json_answer(200, {{"now", seconds(sim.world.now())}});
}

constexpr Route kRoutes[] = {
    {"GET", "/_sim/state", show_state},
    {"GET", "/_sim/requests", show_requests},
    {"DELETE", "/_sim/requests", forget_requests},
    {"POST", "/_sim/accounts", seed_accounts},
    {"POST", "/_sim/delete-account", delete_behind_the_back},
    {"GET", "/_sim/faults", show_faults},
    {"POST", "/_sim/faults", add_fault},
    {"DELETE", "/_sim/faults", clear_faults},
    {"POST", "/_sim/latency", set_latency},
    {"POST", "/_sim/clock", move_clock},
};

}  // namespace

bool is_control(const Call& call) { return call.path.starts_with("/_sim/"); }

Answer answer_control(Sim& sim, const Call& call) {
    try {
        return dispatch(kRoutes, sim, call).value_or(not_found(call));
    } catch (const nlohmann::json::exception& error) {  // a field of the wrong type
        return refuse(error.what());
    }
}

}  // namespace eph::sim

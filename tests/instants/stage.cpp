// What ledger and provider say of each other.
#include "tests/instants/stage.hpp"

#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

#include "daemon/ledger/sqlite.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

std::string listed(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += " " + name;
    return text;
}

std::set<std::string> without(std::set<std::string> names, const std::set<std::string>& others) {
    for (const std::string& other : others) names.erase(other);
    return names;
}

}  // namespace

Stage::Stage(const std::vector<std::string>& sim_options) : sim(sim_options), ephd(home, sim) {
    sim.wait_for_answered("GET /users");  // the comparison at the start
}

void Stage::was_handed(const Json& answer) {
    if (answer.contains("secret") && answer.contains("key")) handed_out.push_back(answer.at("key").at("id"));
}

void Stage::start_session(const Json& more) {
    Json request = {{"host", "web"}, {"ttl_seconds", 600}};
    request.update(more);
    lease = ephd.session(request);
    const auto first = lease->event();
    if (!first || !first->contains("session")) return;
    was_handed(*first);
    session = first->at("session").at("id");
    key = first->at("key").at("id");
    if (!first->contains("broker") || first->at("broker").is_null()) return;
    token = first->at("secret");
    socket = first->at("broker").at("socket");
}

Reply Stage::ask_broker() {
    HttpConnection connection{std::filesystem::path{socket}};
    connection.request("POST", "/openai/v1/responses", R"({"model": "gpt-5", "input": "hello"})",
                       {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
    return connection.reply();
}

void Stage::let_die() {
    if (!dead()) ephd.program().signal(SIGKILL);
    (void)ephd.program().wait();
}

std::vector<Recorded> Stage::recorded() {
    const std::filesystem::path copy = home.path("copy.db");
    for (const char* part : {"", "-wal"}) {
        const std::filesystem::path from = home.ledger().string() + part;
        std::filesystem::remove(copy.string() + part);
        if (std::filesystem::exists(from)) std::filesystem::copy_file(from, copy.string() + part);
    }
    std::filesystem::remove(copy.string() + "-shm");
    Database database{copy};
    std::vector<Recorded> rows;
    Statement tables{database, "SELECT 1 FROM sqlite_schema WHERE name = 'keys'"};
    if (!tables.step()) return rows;  // it has just been made
    Statement state{database, "SELECT 1 FROM pragma_table_info('keys') WHERE name = 'next_name'"};
    const char* next_name = state.step() ? "next_name" : "''";  // not in the first version
    const std::string query = std::string{"SELECT id, state, name, "} + next_name + " FROM keys";
    Statement each{database, query.c_str()};
    for (each.bind(); each.step();) rows.push_back({each.text(0), each.text(1), {each.text(2), each.text(3)}});
    return rows;
}

std::set<std::string> Stage::at_provider() {
    std::set<std::string> names;
    const Json state = sim.state();
    for (const Json& account : state.at("accounts")) {
        const std::string name = account.at("name");
        if (account.at("deleted") == false && name.starts_with("eph-")) names.insert(name);
    }
    return names;
}

std::string Stage::wrong_at_death() {
    if (ledger_lost) return "";
    std::set<std::string> without_row = at_provider();
    without_row.erase(of_another_machine);
    std::map<std::string, std::string> states;
    for (const Recorded& row : recorded()) {
        states[row.id] = row.state;
        without_row = without(std::move(without_row), row.names);
    }
    if (!without_row.empty()) return "at the provider without a row:" + listed(without_row);
    for (const std::string& id : handed_out) {
        if (states[id].empty() || states[id] == "creating") return "handed out without being recorded as live: " + id;
    }
    return "";
}

bool Stage::settled() {
    const Reply keys = ephd.call("GET", "/v1/keys");
    if (keys.status != 200) return false;  // it has just died
    const Json all = keys.json();
    for (const Json& each : all.at("keys")) {
        if (each.at("state") != "live") return false;
    }
    const Reply status = ephd.call("GET", "/v1/status");
    return status.status == 200 && status.json().at("sessions").empty();
}

// A key that was revoked while its ledger could not be written is gone for the ledger, too, once a comparison finds it
// so: of a key that is younger than a minute, none believes it.
bool Stage::settled_and_compared() {
    if (!settled()) return false;
    const std::string wrong = wrong_in_the_end();
    if (wrong.empty()) return true;
    std::this_thread::sleep_for(500ms);
    (void)ephd.call("POST", "/v1/cleanup", Json::object());
    return false;
}

std::string Stage::wrong_in_the_end() {
    if (!settled()) return "not settled: " + ephd.get("/v1/keys").dump() + ephd.get("/v1/status").at("sessions").dump();
    std::set<std::string> live;
    const Json keys = ephd.get("/v1/keys");
    for (const Json& each : keys.at("keys")) live.insert(each.at("name"));
    const std::set<std::string> there = at_provider();
    if (const auto lost = without(there, live); !lost.empty())
        return "at the provider, not in the ledger:" + listed(lost);
    if (const auto gone = without(live, there); !gone.empty())
        return "in the ledger, not at the provider:" + listed(gone);
    return "";
}

}  // namespace eph::test

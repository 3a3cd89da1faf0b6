// Each operation's request, and how its end is known.
#include "tests/instants/operations.hpp"

#include <filesystem>
#include <fstream>

#include "daemon/ledger/sqlite.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/first_ledger.hpp"

namespace eph::test {
namespace {

constexpr Limit long_enough = 3s;  // for what ephd does by itself; with a failing disk it may never come

void nothing(Stage&) {}
void a_session(Stage& stage) { stage.start_session(); }
void a_key(Stage& stage) { stage.key = stage.ephd.create_key().at("key").at("id"); }

void until_gone(Stage& stage) {
    (void)eventually([&] { return stage.dead() || stage.at_provider().empty(); }, long_enough);
    (void)eventually([&] { return stage.dead() || stage.settled(); }, long_enough);
}

void create(Stage& stage) {
    const Reply reply = stage.ephd.call("POST", "/v1/keys", {{"ttl_seconds", 600}});
    if (reply.status == 201) stage.was_handed(reply.json());
}

void extend(Stage& stage) {
    (void)stage.ephd.call("POST", "/v1/sessions/" + stage.session + "/extend", {{"seconds", 900}});
}

void revoke(Stage& stage) { (void)stage.ephd.call("DELETE", "/v1/keys/" + stage.key); }

void end(Stage& stage) {
    stage.lease->close();
    until_gone(stage);
}

// Through the broker, by an ephd that has the session from another one, without its key.
void a_session_taken_over(Stage& stage) {
    stage.start_session({{"credential", "broker"}});
    stage.ephd.kill9();
    stage.ephd.start();
    stage.lease = stage.ephd.lease(stage.session);
    (void)stage.lease->event();
}

void ask(Stage& stage) {
    (void)stage.ask_broker();
    (void)eventually([&] { return stage.dead() || stage.at_provider().size() <= 1; }, long_enough);
}

// As another machine left it.
void an_old_key(Stage& stage) { stage.sim.seed(of_another_machine); }
void clean_up(Stage& stage) { stage.refused = stage.ephd.call("POST", "/v1/cleanup", Json::object()).status != 200; }

// Ended by a deadline, of which nobody else tells ephd.
void a_short_session(Stage& stage) { stage.start_session({{"ttl_seconds", 2}}); }

// What the next ephd finds: nothing, what the last one left, what an older one left, what cannot be read.
void no_ledger(Stage& stage) {
    stage.ephd.kill9();
    std::filesystem::remove_all(stage.home.ledger().parent_path());
    stage.sim.seed(of_another_machine);
    stage.ephd.start_halted();
}

void a_ledger(Stage& stage) {
    a_key(stage);
    stage.ephd.kill9();
    stage.sim.seed(of_another_machine);
    stage.ephd.start_halted();
}

void an_old_ledger(Stage& stage) {
    a_key(stage);
    stage.ephd.kill9();
    Database{stage.home.ledger().string()}.execute(back_to_version_1);
    stage.sim.seed(of_another_machine);
    stage.ephd.start_halted();
}

void an_unreadable_ledger(Stage& stage) {
    a_key(stage);
    stage.ephd.kill9();
    stage.ledger_lost = true;
    for (const char* part : {"", "-wal"}) {
        const std::string file = stage.home.ledger().string() + part;
        const auto size = std::filesystem::file_size(file);
        std::ofstream{file} << std::string(size, '?');
    }
    stage.sim.seed(of_another_machine);
    stage.ephd.start_halted();
}

void start(Stage& stage) {
    if (!stage.ephd.go_on()) return;
    (void)eventually([&] { return stage.dead() || !stage.at_provider().contains(of_another_machine); }, long_enough);
    (void)eventually([&] { return stage.dead() || stage.settled(); }, long_enough);
}

const std::vector<std::string> two_ids{"--list-id-differs", "--delete-by", "list"};

}  // namespace

const std::vector<Operation>& operations() {
    static const std::vector<Operation> table{
        {"create", {}, nothing, create},
        {"hand out", {}, nothing, a_session},
        {"extend", {}, a_session, extend},
        {"extend, two ids", two_ids, a_session, extend},
        {"revoke", {}, a_key, revoke},
        {"revoke, two ids", two_ids, a_key, revoke},
        {"session's end", {}, a_session, end},
        {"deadline", {}, a_short_session, until_gone},
        {"replace a key", {}, a_session_taken_over, ask},
        {"clean up", {}, an_old_key, clean_up},
        {"start, no ledger", {}, no_ledger, start},
        {"start", {}, a_ledger, start},
        {"start, old ledger", {}, an_old_ledger, start},
        {"start, damaged", {}, an_unreadable_ledger, start},
    };
    return table;
}

}  // namespace eph::test

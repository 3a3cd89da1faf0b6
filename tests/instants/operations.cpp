// Each operation's request, and how its end is known.
#include "tests/instants/operations.hpp"

#include "tests/support/catch.hpp"

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
    };
    return table;
}

}  // namespace eph::test

// What in the ledger is due, and in what order.
#include "tests/support/catch.hpp"
#include "tests/unit/ledger_fixture.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(LedgerFixture, "what is due first comes first") {
    add_live(ledger, "k3", moment + 3h);
    add_live(ledger, "k1", moment + 1h);
    add_live(ledger, "k2", moment + 2h);
    CHECK(due() == Texts{"k1", "k2", "k3"});
    ledger.revoke(KeyId{"k3"}, "asked", moment, "test");
    CHECK(due() == Texts{"k3", "k1", "k2"});
    ledger.revoked(KeyId{"k3"}, "confirmed");
    CHECK(due() == Texts{"k1", "k2"});
}

TEST_CASE_METHOD(LedgerFixture,
                 "live keys past their deadline, and creations that nobody finished, are revoking at once") {
    add_live(ledger, "k1", moment + 1h);
    add_live(ledger, "k2", moment + 2h);
    add_live(ledger, "k3", moment + 3h);
    ledger.intend(a_key("k4", moment + 4h), std::nullopt, "test");  // abandoned after a quarter of an hour
    CHECK(ledger.overdue(moment, 10).empty());
    CHECK((ledger.first_end() == moment + 15min));
    CHECK(ledger.overdue(moment + 2h, 1).size() == 2);  // so many of each kind
    const std::vector<KeyRow> overdue = ledger.overdue(moment + 2h, 10);
    REQUIRE(overdue.size() == 3);
    ledger.revoke_overdue(overdue, moment + 2h);
    CHECK(ledger.overdue(moment + 2h, 10).empty());
    for (const char* id : {"k1", "k2", "k4"}) CHECK(row(id).state == KeyState::revoking);
    CHECK(row("k1").reason == "deadline");
    CHECK(row("k4").reason == "answer_lost");
    CHECK((row("k4").unproven_until == moment + 2h + 1min));
    CHECK(row("k3").state == KeyState::live);
    CHECK((ledger.first_end() == moment + 3h));
    CHECK(trail() == Texts{"creating", "live", "creating", "live", "creating", "live", "creating", "revoking",
                           "revoking", "answer_lost"});
}

TEST_CASE_METHOD(LedgerFixture, "what is to be revoked is found place by place, what is due first first") {
    KeyRow elsewhere = a_key("k3");
    elsewhere.place.project = "proj_2";
    add_live(ledger, "k1");
    add_live(ledger, "k2");
    add_live(ledger, "k4");
    ledger.intend(elsewhere, std::nullopt, "test");
    ledger.live(made("k3", "svc_3", "key_3"));
    CHECK(ledger.places_revoking().empty());
    ledger.revoke(KeyId{"k1"}, "asked", moment + 2s, "test");
    ledger.revoke(KeyId{"k2"}, "asked", moment + 1s, "test");
    ledger.revoke(KeyId{"k3"}, "asked", moment, "test");
    CHECK((ledger.places_revoking() == std::vector<Place>{place, elsewhere.place}));
    REQUIRE(ledger.revoking(place, 10).size() == 2);
    CHECK(ledger.revoking(place, 10).front().id.text() == "k2");
    CHECK(ledger.revoking(place, 1).size() == 1);
    ledger.revoked(KeyId{"k3"}, "confirmed");
    CHECK((ledger.places_revoking() == std::vector<Place>{place}));
}

TEST_CASE_METHOD(LedgerFixture, "a waiting revocation can be hurried, and nothing else") {
    add_live(ledger, "k1", moment + 1h);
    add_live(ledger, "k2", moment + 1h);
    ledger.revoke(KeyId{"k2"}, "asked", moment + 50min, "test");
    ledger.hurry(KeyId{"k1"}, moment);
    ledger.hurry(KeyId{"k2"}, moment);
    CHECK((row("k1").due == moment + 1h));
    CHECK((row("k2").due == moment));
    ledger.hurry(KeyId{"k2"}, moment + 10min);
    CHECK((row("k2").due == moment));
}

TEST_CASE_METHOD(LedgerFixture, "when an account is back, what waits for it is due, and nothing of other places") {
    KeyRow elsewhere = a_key("k2");
    elsewhere.place.project = "proj_2";
    add_live(ledger, "k1");
    ledger.intend(elsewhere, std::nullopt, "test");
    ledger.live(made("k2", "svc_2", "key_2"));
    for (const char* id : {"k1", "k2"}) ledger.revoke(KeyId{id}, "asked", moment + 5min, "test");
    ledger.due_now(place, moment);
    CHECK((row("k1").due == moment));
    CHECK((row("k2").due == moment + 5min));
    CHECK((ledger.places_in_use() == std::set<Place>{place, elsewhere.place}));
    ledger.revoked(KeyId{"k2"}, "confirmed");
    CHECK((ledger.places_in_use() == std::set<Place>{place}));
}

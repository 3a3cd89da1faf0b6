// A key's life in the ledger.
#include "tests/support/error_of.hpp"
#include "tests/unit/ledger_fixture.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(LedgerFixture, "a key that is intended is in the ledger before it is anywhere else") {
    ledger.intend(a_key("k1"), std::nullopt, "uid 0 pid 1");
    const KeyRow key = row("k1");
    CHECK(key.state == KeyState::creating);
    CHECK(key.name == "eph-web-k1");
    CHECK((key.place == place));
    CHECK(key.host == "web.example");
    CHECK((key.deadline == moment + 2h));
    CHECK((key.due == moment + 15min));  // looked after should its creator vanish
    CHECK(trail() == Texts{"creating"});
    CHECK(ledger.audit(0, 1).at(0).actor == "uid 0 pid 1");
}

TEST_CASE_METHOD(LedgerFixture, "a key goes from creating over live and revoking to revoked") {
    ledger.intend(a_key("k1"), std::nullopt, "test");
    ledger.live(made("k1", "svc_1", "key_1"));
    CHECK(row("k1").state == KeyState::live);
    CHECK(row("k1").service_account_id == "svc_1");
    CHECK(row("k1").due == row("k1").deadline);
    ledger.revoke(KeyId{"k1"}, "agent_exited", moment + 5s, "client");
    CHECK(row("k1").state == KeyState::revoking);
    CHECK(row("k1").reason == "agent_exited");
    CHECK((row("k1").due == moment + 5s));
    ledger.retry(KeyId{"k1"}, "no answer", moment + 9s);
    CHECK(row("k1").attempts == 1);
    CHECK(row("k1").last_error == "no answer");
    ledger.revoked(KeyId{"k1"}, "confirmed");
    CHECK(row("k1").state == KeyState::revoked);
    CHECK(row("k1").outcome == "confirmed");
    CHECK_FALSE(row("k1").due);
    CHECK(row("k1").revoked);
    CHECK(trail() == Texts{"creating", "live", "revoking", "retry", "revoked"});
}

TEST_CASE_METHOD(LedgerFixture, "a key that is being created is its creator's to revoke") {
    ledger.intend(a_key("k1"), std::nullopt, "test");
    ledger.revoke(KeyId{"k1"}, "asked", moment, "test");
    CHECK(row("k1").state == KeyState::creating);
    CHECK(trail() == Texts{"creating"});
}

TEST_CASE_METHOD(LedgerFixture, "a key that is no longer being created cannot become live") {
    ledger.intend(a_key("k1"), std::nullopt, "test");
    ledger.lost(KeyId{"k1"}, moment + 60s, "reset");
    const Error error = error_of([&] { ledger.live(made("k1", "svc_1", "key_1")); });
    CHECK(error.code() == Code::internal);
    CHECK(error.message() == "key k1 is no longer being created");
    CHECK(row("k1").service_account_id.empty());
    CHECK(trail() == Texts{"creating", "answer_lost"});
}

TEST_CASE_METHOD(LedgerFixture, "a key whose answer was lost is looked for, whatever became of its row meanwhile") {
    const KeyId key{"k1"};
    ledger.intend(a_key("k1"), std::nullopt, "test");
    SECTION("while it was being created") {}
    SECTION("while it was being revoked") { ledger.revoke(key, "asked", moment, "test"); }
    SECTION("after it seemed to be gone") {
        ledger.revoke(key, "asked", moment, "test");
        ledger.revoked(key, "already gone");
    }
    ledger.lost(key, moment + 60s, "reset");
    CHECK(row("k1").state == KeyState::revoking);
    CHECK(row("k1").due);
    CHECK_FALSE(row("k1").revoked);
    CHECK((row("k1").unproven_until == moment + 60s));
    CHECK(row("k1").last_error == "reset");
    CHECK(trail().back() == "answer_lost");
}

TEST_CASE_METHOD(LedgerFixture, "a creation that the provider refused leaves nothing to do") {
    ledger.intend(a_key("k1"), std::nullopt, "test");
    ledger.never_made(KeyId{"k1"}, "no permission");
    CHECK(row("k1").state == KeyState::revoked);
    CHECK(row("k1").outcome == "never made");
    CHECK(row("k1").reason == "refused");
    CHECK(row("k1").last_error == "no permission");
    CHECK(due().empty());
    CHECK(trail() == Texts{"creating", "refused"});
}

TEST_CASE_METHOD(LedgerFixture, "revoking twice is one revocation, and its first reason stays") {
    add_live(ledger, "k1");
    ledger.revoke(KeyId{"k1"}, "agent_exited", moment, "test");
    ledger.revoke(KeyId{"k1"}, "deadline", moment + 1h, "test");
    CHECK(row("k1").reason == "agent_exited");
    ledger.revoked(KeyId{"k1"}, "confirmed");
    ledger.revoked(KeyId{"k1"}, "already gone");
    ledger.revoke(KeyId{"k1"}, "asked", moment, "test");
    ledger.retry(KeyId{"k1"}, "late", moment);
    CHECK(row("k1").outcome == "confirmed");
    CHECK(row("k1").state == KeyState::revoked);
    CHECK(trail() == Texts{"creating", "live", "revoking", "revoked"});
}

TEST_CASE_METHOD(LedgerFixture, "a revocation that fails the same way for days is one line of the trail") {
    add_live(ledger, "k1");
    ledger.revoke(KeyId{"k1"}, "asked", moment, "test");
    for (int i = 0; i < 5; ++i) ledger.retry(KeyId{"k1"}, "no answer", moment);
    ledger.retry(KeyId{"k1"}, "status 500", moment);
    CHECK(row("k1").attempts == 6);
    CHECK(trail() == Texts{"creating", "live", "revoking", "retry", "retry"});
}

TEST_CASE_METHOD(LedgerFixture, "a key that is found though it was revoked is revoked again") {
    add_live(ledger, "k1");
    ledger.revive(KeyId{"k1"}, "svc_other");
    CHECK(row("k1").state == KeyState::live);  // only what is settled can come back
    ledger.revoke(KeyId{"k1"}, "asked", moment, "test");
    ledger.revoked(KeyId{"k1"}, "confirmed");
    ledger.revive(KeyId{"k1"}, "svc_other");
    CHECK(row("k1").state == KeyState::revoking);
    CHECK(row("k1").service_account_id == "svc_other");
    CHECK_FALSE(row("k1").revoked);
    CHECK(due() == Texts{"k1"});
}

TEST_CASE_METHOD(LedgerFixture, "another machine's key becomes a row of its own that is due") {
    KeyRow key = a_key("k1", moment - 1h);
    key.service_account_id = "svc_9";
    ledger.adopt({{key, "expired"}});
    CHECK(row("k1").state == KeyState::revoking);
    CHECK(row("k1").reason == "expired");
    CHECK(row("k1").service_account_id == "svc_9");
    CHECK(*row("k1").due <= now());
    CHECK(trail() == Texts{"adopted"});
}

TEST_CASE_METHOD(LedgerFixture,
                 "what was being created when ephd ended is looked for after its start, and the trail says so") {
    ledger.intend(a_key("k1"), std::nullopt, "test");
    add_live(ledger, "k2");
    CHECK(ledger.revoke_unfinished(moment) == 1);
    CHECK(row("k1").state == KeyState::revoking);
    CHECK((row("k1").due == moment));
    CHECK((row("k1").unproven_until == moment + 1min));
    CHECK(row("k1").last_error == "ephd ended while the key was being created");
    CHECK(row("k2").state == KeyState::live);
    CHECK(trail() == Texts{"creating", "creating", "live", "answer_lost"});
    CHECK(ledger.revoke_unfinished(moment) == 0);
}

TEST_CASE_METHOD(LedgerFixture, "a key is found by any of its names and any unambiguous beginning") {
    add_live(ledger, "abc1");
    add_live(ledger, "abd2");
    for (const char* reference : {"abc1", "abc", "eph-web-abc1", "eph-web-abc", "svc_abc1", "key_abc1"}) {
        INFO(reference);
        const auto found = ledger.find_key(reference);
        REQUIRE(found);
        CHECK(found->id.text() == "abc1");
    }
    for (const char* reference : {"", "x", "svc_abc", "ABC1", "%", "_bc1", "abc1x", "' OR 1=1 --"}) {
        INFO(reference);
        CHECK_FALSE(ledger.find_key(reference));
    }
    const Error error = error_of([&] { ledger.find_key("ab"); });
    CHECK(error.code() == Code::ambiguous);
    CHECK(error.message() == "'ab' fits 2 keys: abc1, abd2");
    CHECK(error.hint() == "Give more of the id.");
}

TEST_CASE_METHOD(LedgerFixture, "a beginning that fits one unsettled key names that one, however many are settled") {
    for (int i = 0; i < 200; ++i) {
        const std::string id = "a" + std::to_string(1000 + i);
        add_live(ledger, id);
        ledger.revoke(KeyId{id}, "asked", moment, "test");
        ledger.revoked(KeyId{id}, "confirmed");
    }
    add_live(ledger, "azz");
    CHECK(ledger.find_key("a").value().id.text() == "azz");
    CHECK(ledger.find_key("eph-web-").value().id.text() == "azz");
    CHECK(ledger.find_key("a1007").value().state == KeyState::revoked);
}

TEST_CASE_METHOD(LedgerFixture, "the beginning that all names have in common names no key") {
    add_live(ledger, "abc1");
    for (const char* reference : {"e", "eph", "eph-", "eph-w", "eph-web"}) {
        INFO(reference);
        CHECK_FALSE(ledger.find_key(reference));
    }
    CHECK(ledger.find_key("eph-web-").has_value());
}

TEST_CASE_METHOD(LedgerFixture, "a key's own id and name go before an id that its provider chose") {
    add_live(ledger, "abc1");
    int n = 0;
    for (const char* chosen : {"abc1", "eph-web-abc1", "svc_abc1"}) {
        const std::string id = "other" + std::to_string(++n);
        ledger.intend(a_key(id, moment + 1h), std::nullopt, "test");
        ledger.live(made(id, chosen, "key_" + id));
    }
    CHECK(ledger.find_key("abc1").value().id.text() == "abc1");
    CHECK(ledger.find_key("eph-web-abc1").value().id.text() == "abc1");
    CHECK(error_of([&] { ledger.find_key("svc_abc1"); }).code() == Code::ambiguous);
}

TEST_CASE_METHOD(LedgerFixture, "when an account was last accepted is kept by its place and key") {
    CHECK_FALSE(ledger.last_check(place, "0a").has_value());
    ledger.checked(place, "0a", moment);
    ledger.checked(place, "0b", moment + 1s);
    ledger.checked(place, "0a", moment + 2s);
    CHECK((ledger.last_check(place, "0a") == moment + 2s));
    CHECK((ledger.last_check(place, "0b") == moment + 1s));
    CHECK_FALSE(ledger.last_check({"openai", "elsewhere", place.base_url}, "0a").has_value());
}

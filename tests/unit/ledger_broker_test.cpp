// Sessions through the broker in the ledger: what the next ephd needs of them, and the key that takes another's place.
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    TempDirectory temp;
    Ledger ledger{temp / "ledger.db"};
    SessionRow session;

    Fixture() {
        KeyRow key = a_key("k1");
        key.session = SessionId{"s1"};
        session = a_session("s1", key);
        session.credential = "broker";
        BrokerRow& broker = session.broker.emplace();
        broker.token_hash = "abcd";
        broker.port = 4711;
        broker.place = place;
        broker.fingerprint = "0123456789ab";
        broker.limits.models = {"gpt-*"};
        broker.limits.max_requests = 5;
        ledger.intend(key, session, "test");
        ledger.live(made("k1", "svc_1", "key_1"));
    }
    SessionRow row() { return ledger.session(SessionId{"s1"}).value(); }
    void intend_second() {
        KeyRow key = a_key("k2");
        key.session = SessionId{"s1"};
        ledger.intend(key, std::nullopt, "ephd");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a session through the broker is found again with all that serving it takes") {
    const SessionRow found = row();
    CHECK(found.credential == "broker");
    REQUIRE(found.broker);
    CHECK(found.broker->token_hash == "abcd");
    CHECK(found.broker->port == 4711);
    CHECK((found.broker->place == place));
    CHECK(found.broker->fingerprint == "0123456789ab");
    CHECK(found.broker->limits.models == std::vector<std::string>{"gpt-*"});
    CHECK(found.broker->limits.max_requests == 5);
    CHECK_FALSE(found.broker->limits.rpm);
    CHECK(found.broker->usage.requests == 0);
}

TEST_CASE_METHOD(Fixture, "what a session used is kept, the last word of it, also when it is over") {
    wire::Usage usage;
    usage.requests = 2;
    usage.models.push_back({"gpt-5", 2, 1, 300, 20, 4, 1234});
    ledger.used({{SessionId{"s1"}, wire::Usage{}}, {SessionId{"s1"}, usage}});
    ledger.session_over(SessionId{"s1"}, "asked", std::nullopt, "test");
    REQUIRE(row().broker->usage.models.size() == 1);
    CHECK(row().broker->usage.requests == 2);
    CHECK(row().broker->usage.models[0].input_tokens == 300);
    CHECK(row().broker->usage.models[0].cost_micros == 1234);
}

TEST_CASE_METHOD(Fixture, "another key takes the place of a session's own in one step, and that one has to go") {
    intend_second();
    CHECK((row().key == KeyId{"k1"}));
    CHECK(ledger.key(KeyId{"k1"})->state == KeyState::live);
    ledger.live_instead(session, made("k2", "svc_2", "key_2"));
    CHECK((row().key == KeyId{"k2"}));
    CHECK(ledger.key(KeyId{"k2"})->state == KeyState::live);
    CHECK(ledger.key(KeyId{"k1"})->state == KeyState::revoking);
    CHECK(ledger.key(KeyId{"k1"})->reason == "replaced");
}

TEST_CASE_METHOD(Fixture, "no key takes another's place in a session that is over, or that has a third one") {
    intend_second();
    SessionRow other = session;
    other.key = KeyId{"k0"};
    CHECK(error_of([&] { ledger.live_instead(other, made("k2", "svc_2", "key_2")); }).code() == Code::session_over);
    ledger.session_over(SessionId{"s1"}, "asked", std::nullopt, "test");
    CHECK(error_of([&] { ledger.live_instead(session, made("k2", "svc_2", "key_2")); }).code() == Code::session_over);
    CHECK(ledger.key(KeyId{"k2"})->state == KeyState::creating);
    CHECK(ledger.key(KeyId{"k1"})->state == KeyState::revoking);  // as it was when the session ended
}

TEST_CASE_METHOD(Fixture, "the place of a session through the broker is in use while it lives, with a key or without") {
    SessionRow keyless = a_session("s2", KeyRow{});
    keyless.credential = "broker";
    keyless.provider = "anthropic";
    keyless.broker = session.broker;
    keyless.broker->place = {"anthropic", "", "https://api.anthropic.com"};
    ledger.start_without_key(keyless, "test");
    CHECK(ledger.session(SessionId{"s2"})->key.empty());
    CHECK(ledger.places_in_use() == std::set<Place>{place, keyless.broker->place});
    ledger.session_over(SessionId{"s2"}, "asked", std::nullopt, "test");
    CHECK(ledger.places_in_use() == std::set<Place>{place});
}

// The local API's documents.
#include "common/wire.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;
using nlohmann::json;

namespace {

wire::Key a_key() {
    wire::Key key;
    key.id = "k1", key.name = "eph-web", key.state = "revoking", key.provider = "openai", key.project = "proj_1",
    key.host = "web";
    key.session = "s1", key.service_account_id = "svc_acct_1", key.api_key_id = "key_1", key.created_at = 1,
    key.expires_at = 2;
    key.revoked_at = 3, key.reason = "asked", key.outcome = "confirmed", key.attempts = 4, key.next_attempt_at = 5,
    key.last_error = "ü \"quoted\"\n", key.foreign = true, key.last_used_at = 6;
    return key;
}

wire::Session a_session() {
    wire::Session session;
    session.id = "s1", session.state = "over", session.host = "web", session.provider = "openai", session.agent = "pi",
    session.credential = "key", session.key = "k1";
    session.key_state = "revoked", session.started_at = 1, session.expires_at = 2, session.ended_at = 3,
    session.end_reason = "agent_exited";
    session.exit_status = 130;
    session.limits = wire::Limits{{"gpt-*"}, 1, 2, 3, 4};
    session.usage = wire::Usage{1, 2, 3, 4, 5, 6, {{"gpt-5", 1, 2, 3, 4, 5, 6}}};
    return session;
}

// Encoded, decoded and encoded again, it has to be the same, with every field there and none at its default.
template <class T>
void check_round_trip(const T& document, std::size_t fields) {
    const std::string text = wire::encode(document);
    INFO(text);
    CHECK(text.find('\n') == text.npos);
    const json object = json::parse(text);
    CHECK(object.size() == fields);
    const json empty = json::parse(wire::encode(T{}));
    for (const auto& [name, value] : object.items()) {
        INFO(name);
        CHECK(value != empty.at(name));
    }
    CHECK(wire::encode(wire::decode<T>(text)) == text);
}

}  // namespace

TEST_CASE("each document of the API survives the wire with every field") {
    check_round_trip(a_key(), 19);
    check_round_trip(a_session(), 15);
    check_round_trip(*a_session().limits, 5);
    check_round_trip(*a_session().usage, 7);
    wire::Account account;
    account.provider = "openai", account.project = "proj_1", account.base_url = "https://x/v1",
    account.fingerprint = "0a", account.source = "file";
    account.stored_in = "/c", account.custom = true, account.name = "work", account.state = "ready";
    account.problem = "locked", account.checked_at = 4;
    account.title = "OpenAI", account.family = "openai", account.key_variable = "OPENAI_API_KEY";
    account.base_path = "/v1", account.makes_keys = true, account.via = "key";
    check_round_trip(account, 17);
    check_round_trip(wire::Status{"0.1", 1, 2, "/l", {account}, {a_session()}, {a_key()}, {"note"}}, 8);
    check_round_trip(wire::KeyList{{a_key(), a_key()}, "note"}, 2);
    check_round_trip(wire::SessionList{{a_session()}}, 1);
    check_round_trip(wire::AccountList{{account}}, 1);
    check_round_trip(wire::StartSession{"x", "web", "claude", "label", "manual", "port", {{"gpt-*"}, 1, 2, 3, 4}, 60},
                     8);
    check_round_trip(wire::ExtendSession{60}, 1);
    check_round_trip(wire::CreateKey{"x", "label", 60, {"model.request"}}, 4);
    check_round_trip(
        wire::Issued{"e", a_session(), a_key(), "sk", "https://x", wire::Endpoint{"/s", 1, "/p"}, {"note"}}, 7);
    check_round_trip(wire::LeaseEvent{"expiring", "deadline", 7}, 3);
    check_round_trip(wire::EndSession{"agent_exited", 0}, 2);
    check_round_trip(wire::Revocation{a_key(), true, a_session()}, 3);
    check_round_trip(wire::Cleanup{"x", true, true}, 3);
    check_round_trip(wire::CleanupProgress{true, 5, 3}, 3);
    check_round_trip(wire::CleanupResult{1, 2, 3, 4, 5, {a_key()}, {a_key()}, {"note"}}, 8);
    check_round_trip(wire::SetAccount{"sk", "proj_1", "https://x", "memory", "op read x"}, 5);
    check_round_trip(wire::AccountChange{true, account, {a_key()}, {"note"}}, 4);
    check_round_trip(wire::CheckReport{account, {{"create", true, 3, "detail", "hint"}}}, 2);
    check_round_trip(wire::AuditEntry{1, 2, "uid 0", "live", "k1", "s1", "web", "detail"}, 8);
    check_round_trip(wire::AuditList{{{1, 2, "uid 0", "live", "k1", "s1", "web", "detail"}}}, 1);
    check_round_trip(wire::Acknowledged{"yes"}, 1);
}

TEST_CASE("what is absent is null on the wire and absent again behind it") {
    const json key = json::parse(wire::encode(wire::Key{}));
    CHECK(key.at("revoked_at").is_null());
    CHECK_FALSE(wire::decode<wire::Key>(R"({"revoked_at": null})").revoked_at);
    CHECK_FALSE(wire::decode<wire::Key>("{}").revoked_at);
}

TEST_CASE("a request may leave out what has a default, and say more than is known") {
    const auto request = wire::decode<wire::StartSession>(R"({"host": "web", "colour": {"deep": [1, 2]}})");
    CHECK(request.provider == "openai");
    CHECK(request.agent == "pi");
    CHECK(request.host == "web");
    CHECK_FALSE(request.ttl_seconds);
}

TEST_CASE("a field of the wrong kind is named") {
    const std::pair<const char*, const char*> table[] = {
        {R"({"host": 5})", "'host' is not what it should be: type must be string, but is number"},
        {R"({"host": null})", "'host' is not what it should be: type must be string, but is null"},
        {R"({"ttl_seconds": "2h"})", "'ttl_seconds' is not what it should be: type must be number, but is string"},
        {R"({"ttl_seconds": true})", "'ttl_seconds' is not what it should be: type must be number, but is boolean"},
        {R"({"label": ["a"]})", "'label' is not what it should be: type must be string, but is array"},
    };
    for (const auto& [text, message] : table) {
        INFO(text);
        const Error error = error_of([&] { wire::decode<wire::StartSession>(text); });
        CHECK(error.code() == Code::usage);
        CHECK(error.message() == message);
    }
    CHECK(error_of([] { wire::decode<wire::KeyList>(R"({"keys": [{"id": "a"}, {"id": 7}]})"); }).message() ==
          "'keys/1/id' is not what it should be: type must be string, but is number");
}

TEST_CASE("a number that is no whole number of seconds is refused") {
    for (const char* number : {"1.5", "1e+300", "18446744073709551615", "1e+30"}) {
        const std::string text = std::string{R"({"ttl_seconds": )"} + number + "}";
        CHECK(error_of([&] { wire::decode<wire::StartSession>(text); }).message() ==
              "'ttl_seconds' is not what it should be: type must be a whole number, but is " + std::string{number});
    }
    CHECK(wire::decode<wire::StartSession>(R"({"ttl_seconds": -5})").ttl_seconds == -5);
    CHECK(wire::decode<wire::StartSession>(R"({"ttl_seconds": 9223372036854775807})").ttl_seconds == INT64_MAX);
}

TEST_CASE("what is not a JSON object is refused in words") {
    CHECK(error_of([] { wire::decode<wire::StartSession>(""); }).message() == "not JSON: stopped at byte 1");
    CHECK(error_of([] { wire::decode<wire::StartSession>(R"({"host": )"); }).message() ==
          "not JSON: stopped at byte 10");
    CHECK(error_of([] { wire::decode<wire::StartSession>("[]"); }).message() == "a JSON object is expected");
    CHECK(error_of([] { wire::decode<wire::StartSession>("null"); }).message() == "a JSON object is expected");
    CHECK(error_of([] { wire::decode<wire::StartSession>(R"({"host": "a"} x)"); }).message().starts_with("not JSON"));
}

TEST_CASE("a document as deep as it is long does no harm") {
    const std::string too_deep = std::string(100'000, '[') + std::string(100'000, ']');
    CHECK(error_of([&] { wire::decode<wire::StartSession>(too_deep); }).message() ==
          "the JSON is nested more than 64 levels deep");
    CHECK_FALSE(wire::decode_error(too_deep));
    const std::string deep = std::string(60, '[') + std::string(60, ']');
    CHECK(error_of([&] { wire::decode<wire::StartSession>(deep); }).code() == Code::usage);
    CHECK(wire::decode<wire::StartSession>(R"({"host": "web", "x": )" + deep + "}").host == "web");
    CHECK_FALSE(wire::decode_error(deep));
}

TEST_CASE("text that is not UTF-8 does not keep a document from being sent") {
    wire::Key key;
    key.last_error =
        "a\xff"
        "b";
    CHECK(wire::decode<wire::Key>(wire::encode(key)).last_error ==
          "a\xef\xbf\xbd"
          "b");
}

TEST_CASE("an error travels with its code, its message and its hint") {
    const Error sent = Error{Code::no_account, "no OpenAI admin key is loaded"}.hint("Run eph auth setup.");
    const std::string text = wire::encode_error(sent);
    CHECK(json::parse(text) == json{{"error",
                                     {{"code", "no_account"},
                                      {"message", "no OpenAI admin key is loaded"},
                                      {"hint", "Run eph auth setup."}}}});
    const auto got = wire::decode_error(text);
    REQUIRE(got);
    CHECK(got->code() == Code::no_account);
    CHECK(got->message() == sent.message());
    CHECK(got->hint() == sent.hint());
}

TEST_CASE("what is not an error document is not taken for one") {
    for (const char* text :
         {"", "{}", "[]", "null", R"({"error": "text"})", R"({"error": null})", R"({"errors": {}})", "<html>"}) {
        INFO(text);
        CHECK_FALSE(wire::decode_error(text));
    }
    CHECK(wire::decode_error(R"({"error": {"code": "brand_new", "message": 5}})")->code() == Code::internal);
}

TEST_CASE("each code has a name of its own, an HTTP status and an exit status") {
    for (int number = 0; number <= static_cast<int>(Code::internal); ++number) {
        const Code code = static_cast<Code>(number);
        INFO(code_name(code));
        CHECK(code_from_name(code_name(code)) == code);
        CHECK(http_status(code) >= 400);
        CHECK(http_status(code) < 600);
        CHECK(exit_status(code) == (code == Code::usage ? 64 : 125));
    }
    CHECK(code_from_name("no such code") == Code::internal);
}

TEST_CASE("JSON for people is indented, and anything else stays as it is") {
    CHECK(wire::pretty(R"({"a":1})") == "{\n  \"a\": 1\n}");
    CHECK(wire::pretty("not JSON") == "not JSON");
}

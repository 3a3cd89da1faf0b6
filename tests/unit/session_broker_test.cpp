// What eph decides of a session through the broker, and how it says what was used.
#include "client/commands/broker_options.hpp"
#include "client/session/credential.hpp"
#include "client/session/told_end.hpp"
#include "client/session/usage_text.hpp"
#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;

namespace {

using Lines = std::vector<std::string>;

Arguments with(std::string_view option, const std::string& value) {
    Arguments arguments;
    arguments.options.emplace(option, value);
    return arguments;
}

wire::Account account(std::string provider, bool makes_keys, std::string via) {
    wire::Account account;
    account.provider = std::move(provider);
    account.title = "Acme";
    account.makes_keys = makes_keys;
    account.via = std::move(via);
    return account;
}

wire::ModelUsage used(std::string model, std::int64_t requests, std::int64_t unknown, std::int64_t in, std::int64_t out,
                      std::int64_t cached, std::optional<std::int64_t> cost) {
    return {std::move(model), requests, unknown, in, out, cached, cost};
}

}  // namespace

TEST_CASE("a limit is what was written, or refused by its name") {
    const std::pair<std::string, std::optional<std::int64_t>> amounts[] = {
        {"2.50", 2'500'000}, {"$2.5", 2'500'000}, {"3", 3'000'000}, {"0.000001", 1},   {"0", {}},    {"0.0000001", {}},
        {"-1", {}},          {"1.", {}},          {".5", {}},       {"1e3", {}},       {"1,50", {}}, {"", {}},
        {"$", {}},           {"1.2.3", {}},       {"1.-2", {}},     {"9999999999", {}}};
    for (const auto& [text, micros] : amounts) {
        INFO(text);
        const Arguments arguments = with("--budget", text);
        if (micros) CHECK(limits_of(arguments).budget_micros == micros);
        if (!micros)
            CHECK(error_of([&] { limits_of(arguments); }).message() ==
                  "'" + text + "' cannot be the value of --budget: it is an amount of dollars, such as 2.50");
    }
    for (const char* option : {"--max-requests", "--max-tokens", "--rpm"}) {
        for (const char* wrong : {"", "0", "-3", "1k", "2.5", " 3", "99999999999999999999"}) {
            INFO(option << wrong);
            CHECK(error_of([&] { limits_of(with(option, wrong)); }).code() == Code::usage);
        }
    }
    CHECK(limits_of(with("--max-requests", "12")).max_requests == 12);
    CHECK(limits_of(with("--max-tokens", "200000")).max_tokens == 200'000);
    CHECK(limits_of(with("--rpm", "1")).rpm == 1);
    CHECK_FALSE(any(limits_of({})));
}

TEST_CASE("models come in lists and one by one") {
    Arguments arguments = with("--models", "gpt-5*, o4-mini");
    arguments.options.emplace("--models", "claude-?");
    CHECK(limits_of(arguments).models == Lines{"gpt-5*", "o4-mini", "claude-?"});
    for (const char* wrong : {"", ",", "a,,b", "a,", "a\nb"})
        CHECK(error_of([&] { limits_of(with("--models", wrong)); }).code() == Code::usage);
}

TEST_CASE("what the host gets follows from --via, the configuration and the provider") {
    const wire::Limits none;
    const wire::Limits some = limits_of(with("--rpm", "3"));
    CHECK(credential_for(Via::automatic, none, account("a", true, "key")) == Credential::key);
    CHECK(credential_for(Via::automatic, none, account("a", true, "broker")) == Credential::broker);
    CHECK(credential_for(Via::automatic, none, account("a", false, "broker")) == Credential::broker);
    CHECK(credential_for(Via::broker, some, account("a", true, "key")) == Credential::broker);
    CHECK(credential_for(Via::key, none, account("a", true, "broker")) == Credential::key);
    const Error no_keys = error_of([&] { credential_for(Via::key, none, account("a", false, "broker")); });
    CHECK(no_keys.message() == "eph can neither make nor revoke Acme keys");
    const Error limited = error_of([&] { credential_for(Via::automatic, some, account("a", true, "key")); });
    CHECK(limited.code() == Code::usage);
    CHECK(limited.hint() == "Add --via broker, which keeps the key here.");
}

TEST_CASE("limits without the broker, and the broker with a key of one's own, are refused before anything is asked") {
    const wire::Limits some = limits_of(with("--rpm", "3"));
    CHECK(error_of([&] { check_way(Via::key, some, false); }).hint() == "Use --via broker.");
    CHECK(error_of([&] { check_way(Via::automatic, some, true); }).code() == Code::usage);
    CHECK(error_of([&] { check_way(Via::broker, {}, true); }).code() == Code::usage);
    CHECK_NOTHROW(check_way(Via::automatic, {}, true));
    CHECK_NOTHROW(check_way(Via::automatic, some, false));
    CHECK(via_of({}) == Via::automatic);
    CHECK(via_of(with("--via", "broker")) == Via::broker);
    CHECK(error_of([&] { via_of(with("--via", "proxy")); }).message() ==
          "'proxy' cannot be the value of --via: it is key, broker or auto");
}

TEST_CASE("the variables in which a real key may stand are those of its provider") {
    wire::Account anthropic = account("anthropic", false, "broker");
    anthropic.key_variable = "ANTHROPIC_API_KEY";
    CHECK(variables_of_keys(anthropic) ==
          Lines{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"});
    wire::Account lab = account("my-lab", false, "broker");
    lab.key_variable = "LAB_KEY";
    CHECK(variables_of_keys(lab) == Lines{"LAB_KEY"});
    lab.base_path = "/v1";
    CHECK(broker_url(lab) == "http://127.0.0.1:@EPH_PORT@/my-lab/v1");
}

TEST_CASE("what was used is said, and what is not known is said to be so") {
    struct Row {
        wire::Usage usage;
        Lines lines;
        std::string brief;
    };
    const Row rows[] = {
        {{0, 0, 0, 0, 0, 0, {}}, {"0 requests"}, "no requests"},
        {{0, 3, 0, 0, 0, 0, {}}, {"0 requests, 3 refused by eph"}, "3 refused"},
        {{1, 0, 0, 800, 0, 0, {used("gpt-5", 1, 0, 12, 1, 0, 1'250)}},
         {"gpt-5: 1 request, 12 tokens in, 1 out, $0.0013", "slowest 800 ms"},
         "1 request, 13 tokens, $0.0013"},
        {{12, 2, 1, 3'210, 0, 0, {used("claude", 12, 0, 34'567, 1'234'567, 30'000, 1'234'567)}},
         {"claude: 12 requests, 34,567 tokens in (30,000 cached), 1,234,567 out, $1.23",
          "slowest 3.2 s, 1 failed, 2 refused by eph"},
         "12 requests, 1.27M tokens, $1.23, 2 refused"},
        {{2, 0, 0, 90'000, 0, 0, {used("a", 1, 1, 0, 0, 0, 0), used("", 1, 0, 3, 4, 0, {})}},
         {"a: 1 request, tokens unknown, cost unknown", "no model named: 1 request, 3 tokens in, 4 out, cost unknown",
          "2 requests in all, slowest 1m30s"},
         "2 requests, >7 tokens"},
        {{3, 0, 0, 1, 0, 0, {used("a", 3, 1, 20'000, 4, 0, 20'000)}},
         {"a: 3 requests, at least 20,000 tokens in, 4 out, at least $0.02", "slowest 1 ms"},
         "3 requests, >20.0k tokens, >$0.02"},
    };
    for (const Row& row : rows) {
        CHECK(usage_lines(row.usage) == row.lines);
        CHECK(brief_usage(row.usage) == row.brief);
    }
}

TEST_CASE("limits are shown as they were given") {
    CHECK(limits_text({}) == "");
    CHECK(limits_text({{"a*", "b"}, 5, 1'000, 2'500'000, 1}) ==
          "models a* b, 5 requests, 1,000 tokens, $2.50, 1 request a minute");
}

TEST_CASE("why a session is over is told in words, and a time that is up has timeout's status") {
    const Timestamp at = from_millis(1'800'000'000'000);
    CHECK(told_end("deadline", at).status == 124);
    CHECK_THAT(told_end("deadline", at).why, Catch::Contains(local_clock(at)));
    CHECK_THAT(told_end("ledger_damaged", at).why, Catch::Contains("ledger was damaged"));
    CHECK(told_end("ledger_damaged", at).status == 143);
    CHECK(told_end("a newer one's \x1b[2J", at).why.find('\x1b') == std::string::npos);
}

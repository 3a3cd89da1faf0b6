// What a session may use, one request after the other and many at once.
#include "daemon/broker/meter.hpp"

#include <random>

#include "daemon/broker/prices.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

namespace {

const Timestamp noon = from_millis(1'700'000'000'000);

struct Fixture {
    TempDirectory temp;
    Prices prices{temp / "prices.json"};
    wire::Limits limits;

    Fixture() {
        write_file(temp / "prices.json", R"({"prices":{"openai":{
            "m":{"input":1,"cached_input":0.1,"output":10,"most_output":1000},"endless":{"input":1,"output":10}}}})");
    }
    Meter meter() { return Meter{limits, prices, "openai"}; }
};

RequestFacts request(const char* model = "m", std::uint64_t bytes = 400) {
    RequestFacts facts;
    facts.model = model;
    facts.body_bytes = bytes;
    return facts;
}

Settled used(std::int64_t input, std::int64_t output) {
    Settled settled;
    settled.measured.input = input;
    settled.measured.output = output;
    return settled;
}

std::string reason(const Meter::Verdict& verdict) {
    if (const auto* no = std::get_if<Refusal>(&verdict)) return no->reason;
    return std::holds_alternative<Meter::Wait>(verdict) ? "wait" : "";
}

Meter::Ticket admitted(Meter& meter, const RequestFacts& facts, Timestamp at = noon) {
    const auto verdict = meter.admit(facts, at);
    INFO(reason(verdict));
    REQUIRE(std::holds_alternative<Meter::Ticket>(verdict));
    return std::get<Meter::Ticket>(verdict);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "usage adds up per model, and what a price is known for costs something") {
    Meter session = meter();
    Settled first = used(1000, 100);
    first.measured.cached = 400;
    first.took = 250ms;
    session.settle(admitted(session, request()), first);
    session.settle(admitted(session, request()), used(1, 1));
    session.settle(admitted(session, request("other")), used(7, 8));
    const wire::Usage& usage = session.usage();
    CHECK(usage.requests == 3);
    CHECK(usage.failed == 0);
    CHECK(usage.slowest_ms == 250);
    CHECK(usage.estimated_tokens == 0);
    REQUIRE(usage.models.size() == 2);
    CHECK(usage.models[0].requests == 2);
    CHECK(usage.models[0].input_tokens == 1001);
    CHECK(usage.models[0].output_tokens == 101);
    CHECK(usage.models[0].cached_tokens == 400);
    CHECK(usage.models[0].cost_micros == 600 + 40 + 1000 + 11);
    CHECK(usage.models[0].unknown == 0);
    CHECK_FALSE(usage.models[1].cost_micros);
}

TEST_CASE_METHOD(Fixture, "what an answer does not say is unknown, and estimated for the limits") {
    Meter session = meter();
    Settled silent;
    silent.measured.guessed_output = 50;
    session.settle(admitted(session, request("m", 400)), silent);
    Settled cut;  // the input was said at the beginning
    cut.answered = false;
    cut.measured.input = 30;
    cut.measured.guessed_output = 20;
    session.settle(admitted(session, request("m", 400)), cut);
    Settled cut_late = used(10, 5);
    cut_late.answered = false;
    cut_late.measured.guessed_output = 8;
    session.settle(admitted(session, request("m", 400)), cut_late);
    const wire::Usage& usage = session.usage();
    CHECK(usage.models[0].unknown == 3);
    CHECK(usage.failed == 2);
    CHECK(usage.models[0].input_tokens == 40);
    CHECK(usage.models[0].output_tokens == 5);
    CHECK(usage.estimated_tokens == (100 + 50) + 20 + 3);
    CHECK(usage.estimated_micros == (100 + 500) + 200 + 30);
}

TEST_CASE_METHOD(Fixture, "an estimate is never more than the request allowed, and embeddings have no output") {
    Meter session = meter();
    RequestFacts facts = request();
    facts.most_output = 10;
    facts.answers = 2;
    Settled silent;
    silent.measured.guessed_output = 5000;
    session.settle(admitted(session, facts), silent);
    CHECK(session.usage().estimated_tokens == 100 + 20);
    RequestFacts embeddings = request();
    embeddings.generates = false;
    Settled said;
    said.measured.input = 8;
    said.measured.guessed_output = 5000;
    session.settle(admitted(session, embeddings), said);
    CHECK(session.usage().models[0].unknown == 1);
    CHECK(session.usage().estimated_tokens == 120);
}

TEST_CASE_METHOD(Fixture, "the provider's no costs nothing, and what never reached it is given back") {
    limits.max_requests = 2;
    Meter session = meter();
    Settled declined;
    declined.answered = false;
    declined.declined = true;
    session.settle(admitted(session, request()), declined);
    CHECK(session.usage().failed == 1);
    CHECK(session.usage().models[0].unknown == 0);
    CHECK(session.usage().estimated_tokens == 0);
    Settled lost;
    lost.reached = lost.answered = false;
    session.settle(admitted(session, request("new")), lost);
    CHECK(session.usage().requests == 1);
    CHECK(session.usage().failed == 2);
    CHECK(session.usage().models.size() == 1);
    const auto last = admitted(session, request());
    CHECK(reason(session.admit(request(), noon)) == "max_requests");
    session.settle(last, used(1, 1));
    session.settle(last, used(1, 1));  // twice counts once
    CHECK(session.usage().requests == 2);
    CHECK(session.usage().models[0].input_tokens == 1);
    CHECK(session.usage().refused == 1);
}

TEST_CASE_METHOD(Fixture, "models are allowed by globs, with and without Gemini's folder") {
    limits.models = {"gpt-5*", "gemini-?.5-pro"};
    Meter session = meter();
    for (const char* model : {"gpt-5", "gpt-5-mini", "gemini-2.5-pro", "models/gemini-2.5-pro"}) {
        INFO(model);
        CHECK(reason(session.admit(request(model), noon)).empty());
    }
    for (const char* model : {"GPT-5", "gpt-4", "gemini-2.5-pro-x", "models/gpt-4", ""}) {
        INFO(model);
        const auto verdict = session.admit(request(model), noon);
        REQUIRE(reason(verdict) == "model");
        CHECK(std::get<Refusal>(verdict).status == 403);
        CHECK(std::get<Refusal>(verdict).message.starts_with("eph: this session may not use the model"));
    }
    RequestFacts fault = request("gpt-5");
    fault.fault = "it names its model more than once";
    CHECK(reason(session.admit(fault, noon)) == "model");
    RequestFacts free = request("");
    free.computes = false;
    CHECK(reason(session.admit(free, noon)).empty());
    limits.models.clear();
    Meter open = meter();
    CHECK(reason(open.admit(fault, noon)).empty());  // nobody asked for its model
}

TEST_CASE_METHOD(Fixture, "a budget refuses what cannot be counted in money") {
    limits.budget_micros = 2'500'000;
    Meter session = meter();
    CHECK(reason(session.admit(request("who-knows"), noon)) == "price");
    CHECK(reason(session.admit(request(""), noon)) == "price");
    RequestFacts background = request();
    background.background = true;
    CHECK(reason(session.admit(background, noon)) == "background");
    RequestFacts dearer = request();
    dearer.dearer = true;
    CHECK(reason(session.admit(dearer, noon)) == "tier");
    session.settle(admitted(session, request()), used(1'500'000, 100'000));  // alone, it may go over
    const auto verdict = session.admit(request(), noon);
    REQUIRE(reason(verdict) == "budget");
    CHECK(std::get<Refusal>(verdict).message == "eph: this session's budget of $2.50 is used up");
    CHECK(std::get<Refusal>(verdict).status == 403);
    RequestFacts free = request();
    free.computes = false;
    CHECK(reason(session.admit(free, noon)).empty());
}

TEST_CASE_METHOD(Fixture, "so many requests in any minute, and the answer says when the next one may come") {
    limits.rpm = 2;
    Meter session = meter();
    admitted(session, request(), noon);
    admitted(session, request(), noon + 10s);
    const auto verdict = session.admit(request(), noon + 20s);
    REQUIRE(reason(verdict) == "rpm");
    CHECK(std::get<Refusal>(verdict).status == 429);
    CHECK(std::get<Refusal>(verdict).retry_after == Duration{40s});
    CHECK(reason(session.admit(request(), noon + 59'999ms)) == "rpm");
    admitted(session, request(), noon + 60s);
    CHECK(reason(session.admit(request(), noon + 61s)) == "rpm");
    admitted(session, request(), noon + 70s);
    CHECK(reason(session.admit(request(), noon - 24h)) == "rpm");  // the clock was set back
    admitted(session, request(), noon - 24h + 60s);
}

TEST_CASE_METHOD(Fixture, "a restart forgets nothing, not even what was under way") {
    limits.max_tokens = 1000;
    Meter before = meter();
    before.settle(admitted(before, request()), used(500, 100));
    admitted(before, request("m", 800));
    const wire::Usage saved = before.if_cut_now();
    CHECK(saved.requests == 2);
    CHECK(saved.models[0].unknown == 1);
    CHECK(saved.estimated_tokens == 200);
    CHECK(before.usage().models[0].unknown == 0);
    Meter after{limits, prices, "openai", saved};
    after.settle(admitted(after, request()), used(150, 50));
    CHECK(reason(after.admit(request(), noon)) == "max_tokens");
}

TEST_CASE_METHOD(Fixture, "a request without a bound waits until it is alone, and others wait for it") {
    limits.max_tokens = 1'000'000;
    Meter session = meter();
    const auto first = admitted(session, request("m"));  // its model's own bound is known
    CHECK(reason(session.admit(request("endless"), noon)) == "wait");
    RequestFacts bounded = request("endless");
    bounded.most_output = 100;
    session.settle(admitted(session, bounded), used(1, 1));
    session.settle(first, used(1, 1));
    const auto endless = admitted(session, request("endless"));
    CHECK(reason(session.admit(bounded, noon)) == "wait");
    session.settle(endless, used(1, 1));
    RequestFacts unclear = bounded;
    unclear.answers.reset();
    const auto beside = admitted(session, bounded);
    CHECK(reason(session.admit(unclear, noon)) == "wait");
    session.settle(beside, used(1, 1));
}

// Requests that come, wait and end in any order; each uses at most what it may (its bytes, its bound).
TEST_CASE_METHOD(Fixture, "fifty at once pass no limit by more than one request does alone") {
    std::size_t at_once = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random{seed};
        limits = {};
        if (seed % 3 != 1) limits.max_tokens = 5'000 + random() % 50'000;
        if (seed % 3 != 0) limits.budget_micros = 20'000 + random() % 300'000;
        if (seed % 5 == 0) limits.max_requests = 30;
        Meter session = meter();
        std::vector<std::pair<Meter::Ticket, RequestFacts>> under_way;
        std::int64_t most_tokens = 0, most_micros = 0;
        for (int step = 0; step < 2000; ++step) {
            if (under_way.size() < 50 && random() % 3 != 0) {
                RequestFacts facts = request(random() % 4 == 0 ? "endless" : "m", random() % 3000);
                if (random() % 3 != 0) facts.most_output = random() % 1500;
                const auto verdict = session.admit(facts, noon);
                if (const auto* ticket = std::get_if<Meter::Ticket>(&verdict)) under_way.emplace_back(*ticket, facts);
            } else if (!under_way.empty()) {
                const std::size_t which = random() % under_way.size();
                const auto [ticket, facts] = under_way[which];
                under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
                const bool model_bound = facts.model == "m" && !facts.most_output;
                const std::int64_t bound = facts.most_output.value_or(model_bound ? 1000 : 100'000);
                Settled settled = used(static_cast<std::int64_t>(facts.body_bytes), bound);
                if (random() % 4 == 0) settled.measured = {};
                settled.measured.guessed_output = 50;
                most_tokens = std::max(most_tokens, static_cast<std::int64_t>(facts.body_bytes) + bound);
                most_micros = std::max(most_micros, static_cast<std::int64_t>(facts.body_bytes) + 10 * bound);
                session.settle(ticket, settled);
            }
            at_once = std::max(at_once, under_way.size());
        }
        INFO(seed);
        const wire::Usage& usage = session.usage();
        std::int64_t tokens = usage.estimated_tokens, micros = usage.estimated_micros;
        for (const auto& each : usage.models) {
            tokens += each.input_tokens + each.output_tokens;
            micros += each.cost_micros.value();
        }
        if (limits.max_tokens) CHECK(tokens < *limits.max_tokens + most_tokens);
        if (limits.budget_micros) CHECK(micros < *limits.budget_micros + most_micros);
        if (limits.max_requests) CHECK(usage.requests <= *limits.max_requests);
    }
    CHECK(at_once > 10);
}

TEST_CASE_METHOD(Fixture, "names that a host invents are few, short, and fit to be shown") {
    Meter session = meter();
    for (int i = 0; i < 500; ++i)
        session.settle(admitted(session, request(("x\x1b[2J" + std::to_string(i)).c_str())), used(1, 1));
    CHECK(session.usage().models.size() <= 101);
    CHECK(session.usage().models[0].model == "x[2J0");
    CHECK(session.usage().models.back().model == "(others)");
    CHECK(session.usage().requests == 500);
}

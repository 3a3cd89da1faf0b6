// The real agents through a real ssh and the broker, in print mode and on their screens, and what each leaves on its
// host.
#include "tests/integration/support/agents.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

const std::string ctrl_c = "\x03", ctrl_d = "\x04";

const RealAgent pi_openai{"pi", "openai", "POST responses", ctrl_d};
const RealAgent pi_anthropic{"pi", "anthropic", "POST messages", ctrl_d};
const RealAgent claude{"claude", "", "POST messages", ctrl_d + ctrl_d};
const RealAgent codex{"codex", "", "POST responses", ctrl_c};
const RealAgent opencode{"opencode", "", "POST responses", ctrl_c};
const RealAgent opencode_anthropic{"opencode", "anthropic", "POST messages", ctrl_c};
const RealAgent gemini{"gemini", "", "POST enerateContent", ctrl_d + ctrl_d};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// What came to the provider carried the real key, and nothing else that opens anything.
void check_requests(AgentWorld& world, const RealAgent& agent, const std::string& task, const std::string& token) {
    const Json calls = world.sim.requests(agent.asks);
    REQUIRE_FALSE(calls.empty());
    bool asked = false;
    for (const Json& call : calls) {
        const std::string text = call.dump();
        CHECK(call.at("status") == 200);
        asked = asked || has(text, task);
        if (!token.empty()) CHECK_FALSE(has(text, token));
        bool real = false;
        for (const std::string& key : world.real_keys()) real = real || has(call.at("headers").dump(), key);
        CHECK(real);
    }
    CHECK(asked);
}

void answers_in_print_mode(AgentWorld& world, const RealAgent& agent) {
    if (!world.install(agent)) return;
    world.look();
    const Finished done = world.start(world.session(agent, {"--task-file", "-"}), "Say 'this' & $that").wait(120s);
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("sim: You said: Say 'this' & $that"));
    check_requests(world, agent, "Say 'this' & $that", "");
    CHECK(world.left() == "");
    CHECK(world.sim.live_keys() == 0);
}

// With a key on the host: eph's, or one that the person brings.
void answers_with_a_key(AgentWorld& world, const RealAgent& agent, std::vector<std::string> way) {
    if (!world.install(agent)) return;
    world.look();
    std::vector<std::string> line{"testhost", "--agent", agent.name, "--task", "Say this"};
    line.insert(line.end(), way.begin(), way.end());
    const Finished done = world.start(line).wait(120s);
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("sim: You said: Say this"));
    CHECK(world.left() == "");
}

// What the broker answers when a session is over: no agent may go on asking.
void gives_up(AgentWorld& world, const RealAgent& agent, int status) {
    if (!world.install(agent)) return;
    world.sim.fault({{"kind", "status"},
                     {"status", 403},
                     {"times", -1},
                     {"match", {{"method", "POST"}, {"path_contains", "/v1"}, {"body_contains", "Say this"}}}});
    const Finished done = world.start(world.session(agent, {"--print", "Say this"})).wait(120s);
    INFO(done.out << done.err);
    CHECK(done.status == status);
    const Json calls = world.sim.requests(agent.asks);
    INFO(calls.size() << " requests");
    CHECK(calls.size() <= 6);
}

std::string token_in(const std::string& environments) {
    const std::size_t at = environments.find("=eph-");
    REQUIRE(at != environments.npos);
    return environments.substr(at + 1, environments.find(' ', at) - at - 1);
}

// The first try may interrupt what still goes on. A further one that finds no screen any more is a signal, of which ssh
// makes 255.
void leave(Pty& person, const std::string& keys) {
    int times = 0;
    for (; times < 6 && person.running(); ++times) {
        person.type(keys);
        eventually([&] { return (person.screen(), !person.running()); }, 10s);
    }
    const int status = person.wait();
    INFO(times << " times");
    CHECK((status == 0 || (times > 1 && status == 255)));
}

void answers_on_its_screen(AgentWorld& world, const RealAgent& agent) {
    if (!world.install(agent)) return;
    world.look();
    const std::string task = "Say 'this' and nothing else";
    Pty person(world.command(world.session(agent, {task})), world.home.variables);
    person.wait_for("sim:", 120s);
    const std::string seen = world.environments(), words = world.command_lines();
    const std::string token = token_in(seen);
    for (const std::string& key : world.real_keys()) CHECK_FALSE(has(seen + words, key));
    CHECK_FALSE(has(words, token));
    CHECK_FALSE(has(words, task));
    leave(person, agent.leave);
    check_requests(world, agent, task, token);
    CHECK(world.left() == "");
    CHECK(world.sim.live_keys() == 0);
}

}  // namespace

TEST_CASE_METHOD(AgentWorld, "Pi answers in print mode with OpenAI") { answers_in_print_mode(*this, pi_openai); }
TEST_CASE_METHOD(AgentWorld, "Pi answers in print mode with Anthropic") { answers_in_print_mode(*this, pi_anthropic); }
TEST_CASE_METHOD(AgentWorld, "Claude Code answers in print mode") { answers_in_print_mode(*this, claude); }
TEST_CASE_METHOD(AgentWorld, "Codex answers in print mode") { answers_in_print_mode(*this, codex); }
TEST_CASE_METHOD(AgentWorld, "opencode answers in print mode") { answers_in_print_mode(*this, opencode); }
TEST_CASE_METHOD(AgentWorld, "opencode answers in print mode with Anthropic") {
    answers_in_print_mode(*this, opencode_anthropic);
}
TEST_CASE_METHOD(AgentWorld, "Gemini CLI answers in print mode") { answers_in_print_mode(*this, gemini); }

TEST_CASE_METHOD(AgentWorld, "the other agents answer with a key of eph's, or of the person's own") {
    const std::string at = "http://127.0.0.1:" + std::to_string(sim.port());
    home.variables["EPH_ANTHROPIC_BASE_URL"] = at;
    home.variables["EPH_GOOGLE_BASE_URL"] = at;
    const std::vector<std::string> own{"--key-command", std::string{"echo "} + persons_key};
    answers_with_a_key(*this, claude, own);
    answers_with_a_key(*this, gemini, own);
    answers_with_a_key(*this, codex, {"--via", "key"});
    answers_with_a_key(*this, opencode, {"--via", "key"});
}

TEST_CASE_METHOD(AgentWorld, "Claude Code gives up when the session is over") { gives_up(*this, claude, 1); }
TEST_CASE_METHOD(AgentWorld, "Codex gives up when the session is over") { gives_up(*this, codex, 1); }
TEST_CASE_METHOD(AgentWorld, "opencode gives up when the session is over") { gives_up(*this, opencode, 1); }
TEST_CASE_METHOD(AgentWorld, "Gemini CLI gives up when the session is over") { gives_up(*this, gemini, 1); }

TEST_CASE_METHOD(AgentWorld, "Pi answers on its screen with OpenAI") { answers_on_its_screen(*this, pi_openai); }
TEST_CASE_METHOD(AgentWorld, "Pi answers on its screen with Anthropic") { answers_on_its_screen(*this, pi_anthropic); }
TEST_CASE_METHOD(AgentWorld, "Claude Code answers on its screen") { answers_on_its_screen(*this, claude); }
TEST_CASE_METHOD(AgentWorld, "Codex answers on its screen") { answers_on_its_screen(*this, codex); }
TEST_CASE_METHOD(AgentWorld, "opencode answers on its screen") { answers_on_its_screen(*this, opencode); }
TEST_CASE_METHOD(AgentWorld, "Gemini CLI answers on its screen") { answers_on_its_screen(*this, gemini); }

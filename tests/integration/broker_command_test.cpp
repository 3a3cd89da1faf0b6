// The broker on this machine: eph broker for any program, sessions with --local, limits, and what is said of them.
#include <csignal>

#include "tests/integration/support/broker_world.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

struct Served : BrokerWorld {
    Served() = default;

    // With its line of JSON read.
    std::unique_ptr<Program> serve(std::vector<std::string> words) {
        words.insert(words.begin(), "broker");
        words.emplace_back("--json");
        auto program = std::make_unique<Program>(command(std::move(words)), home.variables);
        program->wait_for_out("}\n");
        line = Json::parse(program->out());
        return program;
    }

    Reply ask(const Json& body) const {
        const std::string url = line.at("base_url");
        const std::size_t path = url.find('/', std::string{"http://"}.size());
        const bool anthropic = url.find("/anthropic") != url.npos;
        HttpConnection connection{port_in(url)};
        connection.request("POST", url.substr(path) + (anthropic ? "/v1/messages" : "/responses"), body.dump(),
                           {{anthropic ? "x-api-key" : "Authorization",
                             (anthropic ? "" : "Bearer ") + line.at("token").get<std::string>()},
                            {"Content-Type", "application/json"}});
        return connection.reply();
    }

    Json line;
    const Json gpt{{"model", "gpt-5"}, {"input", "hello"}};
    const Json claude{
        {"model", "claude-sonnet-4-5"}, {"max_tokens", 100}, {"messages", {{{"role", "user"}, {"content", "hello"}}}}};
};

}  // namespace

TEST_CASE_METHOD(Served, "eph broker gives any program a base URL and a token, and says in the end what was used") {
    for (const std::string provider : {"openai", "anthropic"}) {
        INFO(provider);
        const auto serving = serve({provider, "--ttl", "10m"});
        CHECK(line.size() == 4);
        CHECK_THAT(line.at("base_url").get<std::string>(),
                   EndsWith(provider == "openai" ? "/openai/v1" : "/anthropic"));
        CHECK_THAT(line.at("token").get<std::string>(), StartsWith("eph-"));
        const Json session = both->get("/v1/sessions/" + line.at("session").get<std::string>());
        CHECK(session.at("expires_at") == line.at("expires_at"));
        CHECK(session.at("agent") == "broker");
        const Reply reply = ask(provider == "openai" ? gpt : claude);
        INFO(reply.text);
        CHECK(reply.status == 200);
        CHECK_THAT(reply.text, Contains("You said: hello"));
        serving->signal(SIGINT);
        const Finished done = serving->wait();
        CHECK(done.status == 130);
        CHECK_THAT(done.err, Contains(": 1 request, "));
        CHECK(done.err.find(line.at("token").get<std::string>()) == done.err.npos);
        CHECK(eventually([&] { return !listens(port_in(line.at("base_url"))); }));
    }
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Served, "for a person eph broker shows lines for the shell") {
    Program serving = start({"broker", "anthropic", "--budget", "2.50"});
    serving.wait_for_out("export ANTHROPIC_API_KEY=");
    serving.wait_for_err("Ctrl-C ends it");
    const std::string token = field(serving.out(), "API_KEY");
    CHECK_THAT(serving.out(), Contains("\nexport ANTHROPIC_BASE_URL='http://127.0.0.1:"));
    CHECK_THAT(serving.out(), StartsWith("base URL  http://127.0.0.1:"));
    CHECK_THAT(serving.err(), Contains("eph: Anthropic through the broker until "));
    CHECK_THAT(serving.err(), Contains(", at most $2.50; session "));
    CHECK_THAT(token, StartsWith("'eph-"));
    serving.signal(SIGTERM);
    CHECK(serving.wait().status == 143);
}

TEST_CASE_METHOD(Served, "eph broker ends with its time, and with eph stop") {
    const auto late = serve({"anthropic", "--ttl", "1s"});
    const Finished done = late->wait();
    CHECK(done.status == 124);
    CHECK_THAT(done.err, Contains("has ended: its time was up at "));
    const auto stopped = serve({"openai"});
    CHECK(eph({"stop", line.at("session")}).status == 0);
    CHECK(stopped->wait().status == 143);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Served, "eph broker goes on when ephd comes back") {
    const auto serving = serve({"openai"});
    CHECK(ask(gpt).status == 200);
    CHECK(both->stop().status == 0);
    both->start();
    serving->wait_for_err("taking the session up again");
    CHECK(eventually([&] { return listens(port_in(line.at("base_url"))) && ask(gpt).status == 200; }));
    serving->signal(SIGINT);
    CHECK_THAT(serving->wait().err, Contains("gpt-5: 2 requests"));
}

TEST_CASE_METHOD(Served, "a provider without an account, or without a name, is an error that says what to do") {
    const Finished none = eph({"broker", "groq"});
    CHECK(none.status == 125);
    CHECK_THAT(none.err, Contains("eph auth setup --provider groq"));
    CHECK(none.out.empty());
    CHECK(eph({"broker", "no such"}).status == 64);
    CHECK_THAT(eph({"broker", "acme"}).err, Contains("acme"));
}

TEST_CASE_METHOD(BrokerWorld, "a local session works through the broker, and leaves nothing") {
    for (const std::string provider : {"openai", "anthropic"}) {
        INFO(provider);
        const bool openai = provider == "openai";
        const Finished done = eph(exec({"--local", "--via", "broker", "--provider", provider},
                                       says_where + (openai ? ask_openai : ask_anthropic) + "exit 7"));
        INFO(done.out << done.err);
        CHECK(done.status == 7);
        CHECK_THAT(done.out, Contains("You said: hello"));
        CHECK(host.connections() == 0);
        check_gone(done.out);
    }
}

TEST_CASE_METHOD(Served, "each limit is refused with a message that names eph and the limit") {
    struct Row {
        std::vector<std::string> limit;
        std::string provider;
        int lets_through;
        int status;
        std::string says;
    };
    const std::vector<Row> rows{{{"--models", "gpt-4*,o4-mini"}, "openai", 0, 403, "gpt-5"},
                                {{"--max-requests", "2"}, "openai", 2, 403, "2"},
                                {{"--max-tokens", "10"}, "anthropic", 1, 403, "10"},
                                {{"--budget", "0.000001"}, "anthropic", 1, 403, "$0.0000"},
                                {{"--rpm", "1"}, "openai", 1, 429, "minute"}};
    for (const Row& row : rows) {
        INFO(row.limit[0]);
        std::vector<std::string> words{row.provider};
        words.insert(words.end(), row.limit.begin(), row.limit.end());
        const auto serving = serve(words);
        const Json& body = row.provider == "openai" ? gpt : claude;
        for (int i = 0; i < row.lets_through; ++i) CHECK(ask(body).status == 200);
        const Reply refused = ask(body);
        INFO(refused.text);
        CHECK(refused.status == row.status);
        const std::string message = refused.json().at("error").at("message");
        CHECK_THAT(message, Contains("eph"));
        CHECK_THAT(message, Contains(row.says));
        serving->signal(SIGINT);
        CHECK_THAT(serving->wait().err, Contains("1 refused by eph"));
    }
}

TEST_CASE_METHOD(BrokerWorld, "limits without the broker are refused before a key is made") {
    const std::string limits =
        "eph: --models, --max-requests, --max-tokens, --budget and --rpm are limits of the broker";
    struct Row {
        std::vector<std::string> words;
        std::string says;
    };
    const std::vector<Row> rows{
        {{"testhost", "--via", "key", "--rpm", "3", "x"}, limits + ", and with --via key nothing goes through it\n"},
        {{"testhost", "--budget", "1", "x"}, limits + ", and this session would have a key\nAdd --via broker"},
        {{"testhost", "--budget", "1", "--key-command", "false", "x"}, limits + ", and a key of your own"},
        {{"testhost", "--via", "broker", "--key-command", "false", "x"}, "eph: --via is not for a key of your own"},
        {{"testhost", "--via", "key", "--provider", "anthropic", "x"},
         "eph: eph can neither make nor revoke Anthropic keys\nLeave --via key out"}};
    for (const Row& row : rows) {
        const Finished done = eph(row.words);
        CHECK(done.status == 64);
        CHECK_THAT(done.err, StartsWith(row.says));
    }
    CHECK(sim.requests("POST").empty());
    CHECK(host.connections() == 0);
}

TEST_CASE_METHOD(Served, "eph sessions shows what was used, and of one session its limits too") {
    const auto serving = serve({"openai", "--max-requests", "5"});
    CHECK(ask(gpt).status == 200);
    const std::string session = line.at("session");
    CHECK_THAT(eph({"sessions"}).out, Contains("1 request, "));
    CHECK_THAT(eph({"sessions"}).out,
               Contains("broker, " + both->get("/v1/sessions/" + session).at("key").get<std::string>() + " live"));
    const std::string one = eph({"sessions", session.substr(0, 6)}).out;
    CHECK_THAT(one, StartsWith("session   " + session + ", active\n"));
    CHECK_THAT(one, Contains("\nat most   5 requests\n"));
    CHECK_THAT(one, Contains("\nused      gpt-5: 1 request, "));
    CHECK(Json::parse(eph({"sessions", session, "--json"}).out).at("usage").at("requests") == 1);
    serving->signal(SIGINT);
    serving->wait();
    const auto keyless = serve({"anthropic"});
    CHECK_THAT(eph({"status"}).out, Contains("broker"));
    CHECK_THAT(eph({"status"}).out, Contains("anthropic keeps its key here"));
    keyless->signal(SIGINT);
    keyless->wait();
}

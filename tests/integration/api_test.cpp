// Holds docs/api.yaml and ephd together: the same routes, codes and headers, and answers that are as described.
#include <set>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "daemon/api/router.hpp"
#include "tests/integration/support/api_description.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph;
using namespace eph::test;

namespace {

// Calls a running ephd, and checks each answer and each body sent against the description.
class Caller {
public:
    explicit Caller(Daemon& daemon) : daemon_(daemon) {}

    // `target` is what stands for the route's path, with its query.
    Json call(const std::string& route, const std::string& target, int status, const Json& body = nullptr,
              const Variables& headers = {}) {
        if (!body.is_null()) check(api_.wrong_in_request(route, body));
        const auto reply = daemon_.call(route.substr(0, route.find(' ')), target, body, headers);
        INFO(route << " said " << reply.text);
        REQUIRE(reply.status == status);
        const Json answer = media_type(reply.head) == "application/json" ? reply.json() : Json(reply.text);
        see(route, status, media_type(reply.head), answer);
        return answer;
    }
    Json call(const std::string& route, int status, const Json& body = nullptr) {
        return call(route, route.substr(route.find(' ') + 1), status, body);
    }

    // A refusal: every one has the same shape.
    void refused(const std::string& route, const std::string& target, Code code, const Json& body = nullptr,
                 const Variables& headers = {}) {
        const auto reply = daemon_.call(route.substr(0, route.find(' ')), target, body, headers);
        INFO(route << " said " << reply.text);
        CHECK(reply.status == http_status(code));
        CHECK(reply.json().at("error").at("code") == std::string{code_name(code)});
        check(api_.wrong_in_answer(route, reply.status, media_type(reply.head), reply.json()));
    }

    // The next line of a stream.
    Json event(const std::string& route, int status, LeaseConnection& lease) {
        const std::optional<Json> line = lease.event();
        REQUIRE(line);
        CHECK(lease.status() == status);
        see(route, status, "application/x-ndjson", *line);
        return *line;
    }

    std::set<std::string> unseen() const {
        std::set<std::string> left = api_.answers();
        for (const std::string& each : seen_) left.erase(each);
        return left;
    }

private:
    static std::string media_type(const std::string& head) {
        const std::string name = "Content-Type: ";
        const std::size_t begin = head.find(name);
        if (begin == head.npos) return {};
        return head.substr(begin + name.size(), head.find_first_of(";\r", begin) - begin - name.size());
    }

    static void check(const std::vector<std::string>& wrong) {
        for (const std::string& each : wrong) FAIL_CHECK(each);
    }

    void see(const std::string& route, int status, const std::string& type, const Json& body) {
        INFO(route << " " << status << " said " << body.dump());
        check(api_.wrong_in_answer(route, status, type, body));
        seen_.insert(route + " " + std::to_string(status));
    }

    Daemon& daemon_;
    ApiDescription api_;
    std::set<std::string> seen_;
};

}  // namespace

TEST_CASE("every route of ephd is described in docs/api.yaml, and no other") {
    std::set<std::string> routes;
    for (const Route& route : all_routes()) routes.insert(std::string{route.method} + " " + std::string{route.pattern});
    CHECK(ApiDescription{}.routes() == routes);
}

TEST_CASE("every error code is described, with its HTTP status and its exit status") {
    const ApiDescription api;
    const Json& error = api.document().at("components").at("schemas").at("Error");
    std::set<std::string> names;
    for (int number = 0; number <= static_cast<int>(Code::internal); ++number) {
        const Code code = static_cast<Code>(number);
        const std::string name{code_name(code)};
        INFO(name);
        names.insert(name);
        REQUIRE(error.at("x-codes").contains(name));
        CHECK(error.at("x-codes").at(name).at("http") == http_status(code));
        CHECK(error.at("x-codes").at(name).at("exit") == exit_status(code));
    }
    CHECK(error.at("x-codes").size() == names.size());
    CHECK(error.at("properties").at("error").at("properties").at("code").at("enum").get<std::set<std::string>>() ==
          names);
}

TEST_CASE("the headers that carry an account are those that docs/api.yaml names") {
    const ApiDescription api;
    const Json& parameters = api.document().at("components").at("parameters");
    CHECK(parameters.at("Provider").at("name") == std::string{wire::provider_header});
    CHECK(parameters.at("AdminKey").at("name") == std::string{wire::admin_key_header});
    CHECK(parameters.at("ProjectId").at("name") == std::string{wire::project_header});
    CHECK(parameters.at("BaseUrl").at("name") == std::string{wire::base_url_header});
    CHECK(parameters.at("AccountName").at("name") == std::string{wire::account_header});
}

TEST_CASE("what ephd answers is what docs/api.yaml says") {
    const TempHome home;
    Sim sim;
    Daemon daemon{home, sim};
    Caller ephd{daemon};
    sim.seed("eph-elsewhere-20990101T000000Z-exp-20990101T010000Z-abcdefghij");

    const Json account = {
        {"admin_key", admin_key}, {"project", project}, {"base_url", sim.base_url()}, {"store", "memory"}};
    ephd.call("PUT /v1/accounts/{provider}", "/v1/accounts/openai", 200, account);
    ephd.call("GET /v1/accounts", 200);
    ephd.call("GET /v1/accounts/{provider}", "/v1/accounts/openai", 200);
    ephd.call("POST /v1/accounts/{provider}/check", "/v1/accounts/openai/check?live=1", 200);
    ephd.call("GET /v1/providers", 200);
    ephd.call("GET /v1/accounts/{provider}", "/v1/accounts/ollama", 200);

    const std::string key =
        ephd.call("POST /v1/keys", 201, {{"label", "one"}, {"ttl_seconds", 600}}).at("key").at("id");
    ephd.call("GET /v1/keys/{id}", "/v1/keys/" + key, 200);
    CHECK(ephd.call("GET /v1/keys", "/v1/keys?source=provider&all=1", 200).at("keys").back().at("foreign") == true);
    ephd.call("DELETE /v1/keys/{id}", "/v1/keys/" + key, 200);

    const auto lease =
        daemon.session({{"host", "example"}, {"ttl_seconds", 63}});  // warned of its end in three seconds
    const Json issued = ephd.event("POST /v1/sessions", 201, *lease);
    const std::string session = issued.at("session").at("id");
    CHECK(ephd.event("POST /v1/sessions", 201, *lease).at("event") == "expiring");
    const auto again = daemon.lease(session);
    CHECK(ephd.event("GET /v1/sessions/{id}/lease", 200, *again).at("event") == "held");
    ephd.call("GET /v1/status", 200);
    ephd.call("GET /v1/sessions", "/v1/sessions?active=1", 200);
    ephd.call("GET /v1/sessions/{id}", "/v1/sessions/" + session.substr(0, 6), 200);
    ephd.call("POST /v1/sessions/{id}/extend", "/v1/sessions/" + session + "/extend", 200, {{"seconds", 1800}});
    CHECK(ephd.event("GET /v1/sessions/{id}/lease", 200, *again).at("event") == "extended");
    ephd.call("DELETE /v1/sessions/{id}", "/v1/sessions/" + session, 200, {{"reason", "asked"}, {"exit_status", 3}});
    CHECK(ephd.event("GET /v1/sessions/{id}/lease", 200, *again).at("event") == "over");

    const Variables spare{{"Eph-Account", "spare"}};
    ephd.call("PUT /v1/accounts/{provider}", "/v1/accounts/openai", 200, account, spare);
    ephd.call("DELETE /v1/accounts/{provider}", "/v1/accounts/openai", 200, nullptr, spare);

    // A provider that refuses: 202, and a cleanup with something left to try.
    const auto second = daemon.session({{"host", "example"}});
    const std::string stuck = ephd.event("POST /v1/sessions", 201, *second).at("session").at("id");
    const std::string other = ephd.call("POST /v1/keys", 201, Json::object()).at("key").at("id");
    sim.fault({{"match", {{"method", "DELETE"}}}, {"kind", "status"}, {"status", 500}, {"times", -1}});
    ephd.call("DELETE /v1/sessions/{id}", "/v1/sessions/" + stuck, 202);
    ephd.call("DELETE /v1/keys/{id}", "/v1/keys/" + other, 202);
    CHECK_FALSE(ephd.call("POST /v1/cleanup", 200, {{"all", false}}).at("failed").empty());
    ephd.call("DELETE /v1/accounts/{provider}", "/v1/accounts/openai?revoke=1", 202);
    sim.clear_faults();

    const auto manual = daemon.session({{"host", "example"}, {"provider", "anthropic"}, {"credential", "manual"}});
    const std::string keyless = ephd.event("POST /v1/sessions", 201, *manual).at("session").at("id");
    ephd.call("GET /v1/sessions/{id}", "/v1/sessions/" + keyless, 200);
    ephd.call("DELETE /v1/sessions/{id}", "/v1/sessions/" + keyless, 200);
    const Json limited = {
        {"host", "example"}, {"credential", "broker"}, {"endpoint", "port"}, {"limits", {{"rpm", 60}}}};
    const auto brokered = daemon.session(limited);
    const Json through = ephd.event("POST /v1/sessions", 201, *brokered);
    const std::string keyed = through.at("session").at("id");
    ephd.call("GET /v1/sessions/{id}", "/v1/sessions/" + keyed, 200);
    ephd.call("DELETE /v1/sessions/{id}", "/v1/sessions/" + keyed, 200);
    ephd.call("POST /v1/keys", 201, {{"scopes", {"model.request"}}});
    ephd.call("POST /v1/cleanup", 200, {{"all", true}, {"dry_run", true}});
    ephd.call("GET /v1/cleanup", 200);

    ephd.call("GET /v1/events", "/v1/events?after=1&wait=1", 200);
    ephd.call("GET /v1/events", "/v1/events?last=2", 200);
    ephd.call("GET /metrics", 200);
    CHECK(ephd.unseen() == std::set<std::string>{});
}

TEST_CASE("every refusal has the shape that docs/api.yaml gives it") {
    const TempHome home;
    Sim sim;
    Daemon daemon{home, sim};
    Caller ephd{daemon};
    ephd.refused("GET /v1/status", "/v1/status", Code::forbidden, nullptr, {{"Origin", "https://example.org"}});
    ephd.refused("GET /v1/status", "/v1/status", Code::forbidden, nullptr, {{"Host", "example.org"}});
    ephd.refused("GET /v1/keys/{id}", "/v1/keys/nothing", Code::not_found);
    ephd.refused("GET /v1/accounts/{provider}", "/v1/accounts/nobody", Code::usage);
    ephd.refused("GET /v1/accounts/{provider}", "/v1/accounts/anthropic", Code::no_account);
    ephd.refused("POST /v1/keys", "/v1/keys", Code::usage, {{"provider", "anthropic"}});
    ephd.refused("POST /v1/sessions", "/v1/sessions", Code::usage, {{"host", "example"}, {"provider", "anthropic"}});
    ephd.refused("POST /v1/cleanup", "/v1/cleanup", Code::usage, {{"provider", "anthropic"}});
    ephd.refused("GET /v1/events", "/v1/events?after=x", Code::usage);
    ephd.refused("POST /v1/keys", "/v1/keys", Code::usage, {{"ttl_seconds", "soon"}});
    ephd.refused("POST /v1/keys", "/v1/keys", Code::usage, {{"scopes", {"two words"}}});
    ephd.refused("POST /v1/sessions", "/v1/sessions", Code::usage, {{"host", "example"}, {"credential", "borrowed"}});
    ephd.refused("POST /v1/sessions", "/v1/sessions", Code::usage, {{"host", "-oProxyCommand=x"}});
    ephd.refused("POST /v1/sessions", "/v1/sessions", Code::usage,
                 {{"host", "example"}, {"credential", "broker"}, {"limits", {{"rpm", 0}}}});
    ephd.refused("POST /v1/keys", "/v1/keys", Code::provider_denied, Json::object(),
                 {{"Eph-Admin-Key", "sk-admin-wrong"}});
    const std::string session = [&] {
        const auto lease = daemon.session({{"host", "example"}});
        return ephd.event("POST /v1/sessions", 201, *lease).at("session").at("id").get<std::string>();
    }();
    REQUIRE(eventually([&] { return daemon.get("/v1/sessions/" + session).at("state") == "over"; }));
    ephd.refused("GET /v1/sessions/{id}/lease", "/v1/sessions/" + session + "/lease", Code::session_over);
    ephd.refused("POST /v1/sessions/{id}/extend", "/v1/sessions/" + session + "/extend", Code::session_over,
                 {{"seconds", 60}});
}

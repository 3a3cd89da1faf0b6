// eph auth doctor: each step with its time, and what to do where one fails.
#include <regex>

#include "tests/integration/support/person.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct Fixture : Person {
    std::vector<std::string> steps(const std::string& said) const {
        std::vector<std::string> names;
        const std::regex line{"^(ok|FAILED) +([a-z]+) +[0-9]+ ms  .+$"};
        std::istringstream lines{said};
        for (std::string each; std::getline(lines, each);) {
            std::smatch found;
            if (std::regex_match(each, found, line)) names.push_back(found[2].str() + (found[1] == "ok" ? "" : "!"));
        }
        return names;
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "the doctor goes from ephd to a key that works and then does not") {
    start_daemon(Daemon::account(sim));
    const Finished brief = eph({"auth", "doctor"});
    INFO(brief.out << brief.err);
    CHECK(brief.status == 0);
    CHECK(steps(brief.out) == Names{"daemon", "account", "tls", "permission", "list"});
    CHECK_THAT(brief.out, Contains("from the environment of ephd, project proj_test"));
    CHECK_THAT(brief.out, Contains("plain http to 127.0.0.1:"));
    const Finished live = eph({"auth", "doctor", "--live"});
    CHECK(live.status == 0);
    CHECK(steps(live.out) ==
          Names{"daemon", "account", "tls", "permission", "list", "create", "usable", "revoke", "confirm"});
    CHECK(sim.live_keys() == 0);
    const Json json = Json::parse(eph({"auth", "doctor", "--json"}).out);
    CHECK(json.at("steps").size() == 5);
    CHECK(json.at("account").at("checked_at").is_number());
}

TEST_CASE_METHOD(Fixture, "the doctor says whose certificate it met, and when none is trusted") {
    Sim tls{{"--tls", "--tls-cert-out", home.path("sim.pem")}};
    Variables account = Daemon::account(tls);
    account["EPH_OPENAI_BASE_URL"] = "https://localhost:" + std::to_string(tls.port()) + "/v1";
    account["SSL_CERT_FILE"] = home.path("sim.pem");
    start_daemon(account);
    const Finished fine = eph({"auth", "doctor"});
    CHECK(fine.status == 0);
    CHECK_THAT(fine.out, Contains("TLSv1.3 in "));
    CHECK_THAT(fine.out, Contains("certificate of "));
    ephd->stop();
    account["SSL_CERT_FILE"] = "/dev/null";
    start_daemon(account);
    const Finished strange = eph({"auth", "doctor"});
    CHECK(strange.status == 125);
    CHECK(steps(strange.out) == Names{"daemon", "account", "tls!"});
    CHECK_THAT(strange.out, Contains("is not trusted: self-signed certificate"));
    CHECK_THAT(strange.out, Contains("SSL_CERT_FILE"));
}

TEST_CASE_METHOD(Fixture, "the doctor stops at the first step that fails, and says what to do") {
    const Finished nobody = eph({"auth", "doctor"});
    CHECK(nobody.status == 125);
    CHECK(steps(nobody.out) == Names{"daemon!"});
    CHECK_THAT(nobody.out, Contains("EPH_NO_AUTOSTART"));
    start_daemon();
    const Finished none = eph({"auth", "doctor"});
    CHECK(steps(none.out) == Names{"daemon", "account!"});
    CHECK_THAT(none.out, Contains("Run eph auth setup"));
    configure(Json{{"openai", {{"store", "command"}, {"command", "exit 5"}, {"project_id", project}}}}.dump());
    CHECK_THAT(eph({"auth", "doctor"}).out, Contains("the command ended with status 5 and said nothing"));
    const auto file = [&](const std::string& key, const std::string& url) {
        configure(Json{{"openai", {{"admin_key", key}, {"project_id", project}, {"base_url", url}}}}.dump());
    };
    file(admin_key, "http://127.0.0.1:1/v1");
    const Finished closed = eph({"auth", "doctor"});
    CHECK(steps(closed.out) == Names{"daemon", "account", "tls!"});
    CHECK_THAT(closed.out, Contains("cannot connect to 127.0.0.1:1: Connection refused"));
    CHECK_THAT(closed.out, Contains("Check the network"));
    file("sk-admin-wrong", sim.base_url());
    const Finished wrong = eph({"auth", "doctor"});
    CHECK(steps(wrong.out) == Names{"daemon", "account", "tls", "permission!"});
    CHECK_THAT(wrong.out, Contains("Make a new admin key"));
    file(admin_key, sim.base_url());
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "status"}, {"status", 403}});
    const Finished may_not = eph({"auth", "doctor", "--live"});
    CHECK(may_not.status == 125);
    CHECK(steps(may_not.out) == Names{"daemon", "account", "tls", "permission", "list", "create!"});
}

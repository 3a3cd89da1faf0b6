// What ephd really sends, held against OpenAI's own description of its Admin API.
#include "tests/contract/openai_description.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using eph::contract::OpenAiDescription;

namespace {

std::optional<OpenAiDescription> description() {
    auto found = OpenAiDescription::find();
    const std::string where = OpenAiDescription::location();
    if (!found && std::getenv("CI") != nullptr)
        FAIL("OpenAI's description is not at " << where << ", and CI must not skip this");
    if (!found) WARN("SKIPPED: OpenAI's description is not at " << where << " (set EPH_OPENAI_SPEC)");
    return found;
}

void check_all_requests(Sim& sim, const OpenAiDescription& openai) {
    for (const Json& request : sim.requests("organization")) {
        const std::string body = request.at("body").is_null() ? "" : request.at("body").dump();
        INFO(request.dump());
        for (const std::string& violation :
             openai.check_request(request.at("method").get<std::string>(), request.at("path").get<std::string>(),
                                  request.at("query").get<std::string>(), body)) {
            FAIL_CHECK(violation);
        }
    }
}

}  // namespace

TEST_CASE("every request of ephd's to the Admin API is one that OpenAI describes") {
    const auto openai = description();
    if (!openai) return;
    for (const std::vector<std::string>& shape : {std::vector<std::string>{},
                                                  {"--service-accounts-as-users"},
                                                  {"--list-id-differs", "--delete-by", "list"},
                                                  {"--no-expires"}}) {
        Sim sim{shape};
        TempHome home;
        sim.seed("eph-old-20260101T000000Z-exp-20260101T010000Z-x{n}", 130);
        Daemon ephd{home, sim};
        const Json made = ephd.create_key({{"label", "a"}});
        (void)ephd.get("/v1/keys?source=provider");
        CHECK(ephd.call("DELETE", "/v1/keys/" + made.at("key").at("id").get<std::string>()).status == 200);
        (void)ephd.create_key({{"label", "b"}, {"ttl_seconds", 60}});
        (void)ephd.create_key({{"scopes", {"model.request"}}});
        const auto lease = ephd.session({{"host", "web"}});
        const Json session = lease->event().value_or(Json::object()).at("session");
        // Refused where service accounts are users, which cannot be renamed.
        (void)ephd.call("POST", "/v1/sessions/" + session.at("id").get<std::string>() + "/extend", {{"seconds", 60}});
        CHECK(sim.requests("POST api_keys").size() >= 2);
        (void)ephd.post("/v1/cleanup", {{"all", true}}, 200);
        (void)ephd.post("/v1/accounts/openai/check?live=1", nullptr, 200);
        (void)ephd.call("DELETE", "/v1/keys/key_unknown");
        CHECK(sim.live_keys() == 0);
        CHECK(sim.requests("POST service_accounts").size() >= 3);
        CHECK(sim.requests("GET service_accounts").size() >= 2);
        CHECK(sim.requests("GET api_keys").size() >= 1);
        CHECK(sim.requests("DELETE").size() >= 3);
        check_all_requests(sim, *openai);
    }
}

// Accounts side by side: set up, shown, used, removed.
#include <algorithm>
#include <csignal>
#include <functional>

#include "tests/integration/support/person.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Fixture : Person {
    Fixture() { start_daemon(); }

    void set_up_two() {
        REQUIRE(set_up({"--store", "file"}).status == 0);
        REQUIRE(eph({"auth", "setup", "--account", "work", "--store", "file", "--project", second_project, "--base-url",
                     sim.base_url()},
                    std::string{admin_key} + "\n")
                    .status == 0);
    }
    std::string create(std::vector<std::string> options) {
        std::vector<std::string> words{"keys", "create", "x", "--json"};
        words.insert(words.end(), options.begin(), options.end());
        const Finished made = eph(words);
        INFO(made.err);
        REQUIRE(made.status == 0);
        return Json::parse(made.out).at("key").at("id");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "two projects of one organisation are two accounts, each with keys of its own") {
    set_up_two();
    const std::string first = create({});
    const std::string second = create({"--account", "work"});
    CHECK(ephd->key(first).at("project") == project);
    CHECK(ephd->key(second).at("project") == second_project);
    const Json accounts = sim.state().at("accounts");
    CHECK(accounts.at(0).at("project") == project);
    CHECK(accounts.at(1).at("project") == second_project);
    home.variables["EPH_ACCOUNT"] = "work";
    CHECK(ephd->key(create({})).at("project") == second_project);
    home.variables.erase("EPH_ACCOUNT");
    for (const std::string& key : {first, second}) CHECK(eph({"keys", "revoke", key}).status == 0);
    restart_daemon();
    const std::string later = create({"--account", "work", "--ttl", "1s"});
    CHECK(ephd->becomes(later, "revoked"));
}

TEST_CASE_METHOD(Fixture, "an account that is named counts alone, whatever stands in the environment") {
    set_up_two();
    home.variables["OPENAI_ADMIN_KEY"] = "sk-admin-wrong";
    home.variables["OPENAI_PROJECT_ID"] = "proj_elsewhere";
    CHECK(eph({"keys", "create"}).status == 125);
    CHECK(ephd->key(create({"--account", "default"})).at("project") == project);
    const Finished unknown = eph({"keys", "create", "--account", "third"});
    CHECK(unknown.status == 125);
    CHECK(unknown.err ==
          "eph: there is no account 'third'\nThere is: default, work. A new one is stored with: eph auth setup "
          "--account NAME\n");
}

TEST_CASE_METHOD(Fixture, "auth show lists every account without a secret, the one that is meant first") {
    set_up_two();
    const Finished shown = eph({"auth", "show"});
    CHECK(shown.status == 0);
    CHECK_THAT(shown.out, StartsWith("ACCOUNT  PROVIDER  PROJECT"));
    CHECK_THAT(shown.out, Contains("default  openai    proj_test"));
    CHECK_THAT(shown.out, Contains("work     openai    proj_second"));
    CHECK_THAT(shown.out, Contains("ready  " + home.config().string()));
    CHECK(shown.out.find(admin_key) == std::string::npos);
    CHECK(shown.out.find("never") == std::string::npos);  // each was checked when it was set up
    const Json json = Json::parse(eph({"auth", "show", "--json", "--account", "work"}).out);
    CHECK(json.at("accounts").at(0).at("name") == "work");
    CHECK(json.at("accounts").at(0).at("fingerprint").get<std::string>().size() == 12);
    CHECK(json.dump().find(admin_key) == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "setup says where the key went, why there, and that an environment comes first") {
    home.variables["OPENAI_ADMIN_KEY"] = admin_key;
    const Finished end = set_up({});
    CHECK(end.status == 0);
    CHECK_THAT(end.err,
               Contains("works for project proj_test and is stored in " + home.config().string() + " (mode 0600)"));
    CHECK_THAT(end.err, Contains("eph: kept in file because no Secret Service can be used: "));
    CHECK_THAT(end.err, Contains("eph: OPENAI_ADMIN_KEY in your environment comes before what is stored"));
    home.variables.erase("OPENAI_ADMIN_KEY");
    const Finished again = set_up({"--project", second_project});
    CHECK_THAT(again.err, Contains("kept in file because the account has been kept there"));
    CHECK(ephd->get("/v1/accounts/openai").at("project") == second_project);
}

TEST_CASE_METHOD(Fixture, "what cannot be an admin key is refused before it goes anywhere") {
    const std::pair<const char*, const char*> table[] = {
        {"sk-proj-1", "is the key of an OpenAI project"},
        {"sk-ant-api03-1", "is an Anthropic key"},
        {"proj_1", "is the id of an OpenAI project"},
        {"sk-admin-1 sk-admin-2", "holds white space"},
    };
    for (const auto& [key, what] : table) {
        const Finished end = set_up({}, std::string{key} + "\n");
        CHECK(end.status == 64);
        CHECK_THAT(end.err, StartsWith(std::string{"eph: what was given as the admin key "} + what + "\n"));
        CHECK(end.err.find(key) == std::string::npos);
    }
    const Finished elsewhere = eph({"auth", "setup", "--project", "p"}, "sk-gateway\n");  // at OpenAI itself
    CHECK_THAT(elsewhere.err, StartsWith("eph: what was given as the admin key does not begin with sk-admin-\n"));
    CHECK(sim.requests().empty());
    CHECK_FALSE(std::filesystem::exists(home.config()));
}

TEST_CASE_METHOD(Fixture, "a stored account is removed, and what else the person configured stays") {
    configure(R"({"max_ttl": "3h", "openai": {}})");
    set_up_two();
    CHECK(eph({"auth", "clear"}).err == "eph: the account default is removed from " + home.config().string() + "\n");
    CHECK(eph({"auth", "clear", "--account", "work"}).status == 0);
    CHECK(Json::parse(configuration()) == Json{{"max_ttl", "3h"}});
    const Finished nothing = eph({"auth", "clear"});
    CHECK(nothing.status == 125);
    CHECK(nothing.err == "eph: nothing is stored for the account default\neph auth show lists what there is.\n");
    home.variables["OPENAI_ADMIN_KEY"] = admin_key;
    home.variables["OPENAI_PROJECT_ID"] = project;
    CHECK_THAT(eph({"auth", "clear"}).err,
               Contains("Its admin key comes from the environment of eph: unset OPENAI_ADMIN_KEY there."));
}

TEST_CASE_METHOD(Fixture, "an account with live keys is only removed when they are gone") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    const std::string key = create({});
    const auto lease = ephd->session({{"host", "web"}});
    REQUIRE(lease->event());
    const Finished refused = eph({"auth", "clear"});  // nobody to ask
    CHECK(refused.status == 125);
    CHECK(refused.err ==
          "eph: 2 keys of the account default are not revoked\nWith --yes they are revoked first, and their sessions "
          "end.\n");
    CHECK(ephd->key(key).at("state") == "live");
    {
        Pty person(command({"auth", "clear"}), home.variables);
        person.wait_for("[y/N] ");
        person.type("n\n");
        CHECK(person.wait() == 1);
        CHECK(account("default").at("state") == "ready");
    }
    sim.fault({{"match", {{"method", "DELETE"}}}, {"kind", "status"}, {"status", 500}, {"times", -1}});
    const Finished kept = eph({"auth", "clear", "--yes"});
    CHECK(kept.status == 125);
    CHECK_THAT(kept.err, Contains("eph: key " + key + " is NOT revoked yet: "));
    CHECK_THAT(kept.err, Contains("the account default is kept, since these keys cannot be revoked without it"));
    CHECK(lease->event()->at("event") == "over");
    sim.clear_faults();
    Pty person(command({"auth", "clear"}), home.variables);
    person.wait_for("[y/N] ");
    person.type("y\n");
    CHECK(person.wait() == 0);
    CHECK(sim.live_keys() == 0);
    CHECK(account("default").is_null());
}

TEST_CASE_METHOD(Fixture, "a key in memory alone is asked for again when ephd was restarted") {
    REQUIRE(set_up({"--store", "memory"}).status == 0);
    CHECK(configuration().find(admin_key) == std::string::npos);
    const std::string key = create({});
    restart_daemon();
    CHECK(account("default").at("state") == "unavailable");
    const Finished nobody = eph({"keys", "create"});
    CHECK(nobody.status == 125);
    CHECK(nobody.err ==
          "eph: the admin key of the account default was in ephd's memory alone, and ephd was restarted\n"
          "Give it again: eph auth setup\n");
    CHECK(eph({"keys", "revoke", key}).status == 125);
    Pty person(command({"keys", "create", "again"}), home.variables);
    person.wait_for("Admin key (not shown): ");
    CHECK(eventually([&] { return !person.echoes(); }));
    person.type(std::string{admin_key} + "\n");
    CHECK(person.wait() == 0);
    CHECK_THAT(person.screen(), Contains("sk-svcacct-"));
    CHECK(account("default").at("state") == "ready");
    CHECK(ephd->becomes(key, "revoked"));  // what waited for the account goes on
}

TEST_CASE_METHOD(Fixture, "an account that is not there is not shown") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    CHECK(eph({"auth", "show", "--account", "default"}).status == 0);
    const Finished end = eph({"auth", "show", "--account", "nope"});
    CHECK(end.status == 125);
    CHECK(end.out.empty());
    CHECK_THAT(end.err, StartsWith("eph: there is no account 'nope'\n"));
}

TEST_CASE_METHOD(Fixture, "an account is stored with the address at which it was tried") {
    const std::string here = sim.base_url();
    home.variables["EPH_OPENAI_BASE_URL"] = here;
    const std::vector<std::string> words{"auth", "setup", "--store", "file", "--project", project};
    REQUIRE(eph(words, std::string{admin_key} + "\n").status == 0);
    CHECK(Json::parse(configuration()).at("openai").at("base_url") == here);
    CHECK(ephd->get("/v1/accounts").at("accounts").size() == 1);
    home.variables.erase("EPH_OPENAI_BASE_URL");
    CHECK(eph({"keys", "create"}).status == 0);
    CHECK(sim.live_keys() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "what a store's command prints goes to no other address unless the command is given with it") {
    const std::string here = sim.base_url();
    const std::string command = "echo " + std::string{admin_key};
    const Json whole{{"store", "command"}, {"command", command}, {"project", project}, {"base_url", here}};
    REQUIRE(ephd->call("PUT", "/v1/accounts/openai", whole).status == 200);
    const Reply moved = ephd->call("PUT", "/v1/accounts/openai", {{"base_url", "http://127.0.0.1:9/v1"}});
    CHECK(moved.status == 403);
    CHECK(moved.json().at("error").at("code") == "forbidden");
    CHECK(Json::parse(configuration()).at("openai").at("base_url") == here);
    CHECK(ephd->call("PUT", "/v1/accounts/openai", {{"base_url", here}}).status == 200);
}

TEST_CASE_METHOD(Fixture, "a question without echo can be left by Ctrl-C, Ctrl-D and SIGTERM") {
    const auto leave = [&](const std::function<void(Pty&)>& how, int status) {
        Pty person(command({"auth", "setup", "--project", project}), home.variables);
        person.wait_for("not shown): ");
        REQUIRE(eventually([&] { return !person.echoes(); }));
        how(person);
        CHECK(person.wait(5s) == status);
        CHECK(person.echoes());
    };
    leave([](Pty& person) { person.type("sk-adm\x03"); }, 128 + SIGINT);
    leave([](Pty& person) { kill(person.pid(), SIGTERM); }, 128 + SIGTERM);
    leave([](Pty& person) { person.type("\x04"); }, 64);
    CHECK(sim.requests().empty());
}

TEST_CASE_METHOD(Fixture, "Ctrl-D agrees to no project that is offered") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    const std::string before = configuration();
    Pty person(command({"auth", "setup"}), home.variables);
    person.wait_for("not shown): ");
    REQUIRE(eventually([&] { return !person.echoes(); }));
    person.type(std::string{admin_key} + "\n");
    person.wait_for("Enter for ");
    person.type("\x04");
    CHECK(person.wait() == 64);
    CHECK_THAT(person.screen(), Contains("): \r\n") && Contains("no project id was given"));
    CHECK(configuration() == before);
}

TEST_CASE_METHOD(Fixture, "a slip of the pen in the configuration is named, and keeps no key from being revoked") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    const std::string key = create({});
    std::string text = configuration();
    text.insert(text.find('{') + 1, "\"max_tll\": \"1h\", ");
    configure(text);
    const Json status = ephd->get("/v1/status");
    CHECK(status.at("notes").at(0) == home.config().string() + ": 'max_tll' is not known. Did you mean 'max_ttl'?");
    CHECK(eph({"keys", "revoke", key}).status == 0);
    const Finished setup = set_up({});
    CHECK(setup.status == 125);
    CHECK_THAT(setup.err, Contains("'max_tll' is not known\nDid you mean 'max_ttl'?\n"));
    CHECK(configuration() == text);
    restart_daemon();  // it has nothing that it read before
    CHECK_THAT(eph({"auth", "show"}).err, Contains("'max_tll' is not known. Did you mean 'max_ttl'?\n"));
    CHECK_THAT(eph({"auth", "clear"}).err, Contains("'max_tll' is not known. Did you mean 'max_ttl'?\n"));
}

TEST_CASE_METHOD(Fixture, "what eph starts has neither its credentials nor its variables") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    for (const char* name : {"EPH_ACCOUNT", "EPH_ANYTHING", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"})
        home.variables[name] = "default";
    install("pi", "env; exit 3\n");
    const Finished end = eph({"--local", "--remote-pi", home.path("bin/pi"), "--print", "x"});
    INFO(end.err << end.out);
    CHECK(end.status == 3);
    for (const char* name :
         {"EPH_ACCOUNT", "EPH_ANYTHING", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "EPH_NO_AUTOSTART"})
        CHECK(end.out.find(std::string{name} + "=") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "an account is not removed while a key lives that it made in another project") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    home.variables["OPENAI_PROJECT_ID"] = second_project;
    REQUIRE(eph({"keys", "create"}).status == 0);
    home.variables.erase("OPENAI_PROJECT_ID");
    CHECK_THAT(eph({"auth", "clear"}).err, Contains("1 key of the account default is not revoked"));
    CHECK(eph({"auth", "clear", "--yes"}).status == 0);
    CHECK(sim.live_keys() == 0);
}

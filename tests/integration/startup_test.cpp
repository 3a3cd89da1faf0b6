// How ephd starts, and what it says when it cannot.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/root.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct Fixture {
    TempHome home;

    Finished run(std::vector<std::string> options, const Variables& extra = {}) {
        Variables variables = home.variables;
        for (const auto& [name, value] : extra) variables[name] = value;
        options.insert(options.begin(), EPHD);
        return Program{options, variables}.wait();
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "ephd explains itself") {
    const Finished help = run({"--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    for (const char* word : {"--socket", "--ledger", "--config", "--log-file", "--verbose", "OPENAI_ADMIN_KEY",
                             "SSL_CERT_FILE", "HTTPS_PROXY"}) {
        INFO(word);
        CHECK(help.out.find(word) != std::string::npos);
    }
    CHECK(run({"--version"}).out == "ephd " EPH_VERSION "\n");
}

TEST_CASE_METHOD(Fixture, "an option that ephd does not know is named, and the status is 64") {
    const Finished end = run({"--nonsense"});
    CHECK(end.status == 64);
    CHECK(end.err == "ephd: The following argument was not expected: --nonsense\nSee ephd --help.\n");
    CHECK(end.out.empty());
}

TEST_CASE_METHOD(Fixture, "a second ephd on one ledger says so and ends with 125") {
    Daemon first{home};
    const Finished second = run({"--socket", home.path("other/s")});
    CHECK(second.status == 125);
    CHECK(second.err == "ephd: another ephd already works with the ledger " + home.ledger().string() +
                            "\nUse that one, or stop it first.\n");
    CHECK(first.get("/v1/status").at("pid") == first.pid());
}

TEST_CASE_METHOD(Fixture, "a second ephd on one ledger is refused by whatever name it comes to it") {
    Daemon first{home};
    const auto other = [&](const std::string& name) { return home.path("other") / name; };
    std::filesystem::create_directory(home.path("other"));
    std::filesystem::create_directory_symlink(home.ledger().parent_path(), other("directory"));
    std::filesystem::create_symlink(home.ledger(), other("link.db"));
    std::filesystem::create_hard_link(home.ledger(), other("hard.db"));
    for (const char* name : {"directory/ledger.db", "link.db", "hard.db"}) {
        INFO(name);
        const Finished second = run({"--ledger", other(name), "--socket", home.path("second.sock")});
        CHECK(second.status == 125);
        CHECK_THAT(second.err, Contains("another ephd already works with the ledger " + other(name).string()));
    }
    REQUIRE(std::filesystem::remove(home.ledger().string() + ".lock"));
    CHECK(run({"--socket", home.path("second.sock")}).status == 125);
    CHECK(first.call("GET", "/v1/status").status == 200);
}

TEST_CASE_METHOD(Fixture, "a second ephd on one ledger is refused where another mount shows it") {
    if (!is_root("may mount")) return;
    Daemon first{home};
    const std::string shown = home.path("shown.db");
    std::ofstream{shown}.close();
    Program second{
        {"unshare", "-m", "sh", "-c", "mount --bind \"$0\" \"$1\" && exec \"$2\" --ledger \"$1\" --socket \"$3\"",
         home.ledger(), shown, EPHD, home.path("second.sock")},
        home.variables};
    const Finished finished = second.wait();
    CHECK(finished.status == 125);
    CHECK_THAT(finished.err, Contains("another ephd already works with the ledger " + shown));
}

TEST_CASE_METHOD(Fixture, "a second ephd on one socket says so and leaves it alone") {
    Daemon first{home};
    const Finished second = run({"--ledger", home.path("other/l")});
    CHECK(second.status == 125);
    CHECK(second.err ==
          "ephd: another ephd already listens on " + home.socket().string() + "\nUse that one, or stop it first.\n");
    CHECK(first.get("/v1/status").at("pid") == first.pid());
}

TEST_CASE_METHOD(Fixture, "a socket that a dead ephd left behind is in nobody's way") {
    Daemon ephd{home};
    ephd.kill9();
    CHECK(std::filesystem::exists(home.socket()));
    ephd.start();
    CHECK(ephd.get("/v1/status").at("pid") == ephd.pid());
}

TEST_CASE_METHOD(Fixture, "ephd removes its own socket at its end, and none that has taken its place") {
    Daemon ephd{home};
    std::filesystem::rename(home.socket(), home.path("run/eph/before"));
    write_file(home.socket(), "a service manager's");
    CHECK(ephd.stop().status == 0);
    CHECK(read_file(home.socket()) == "a service manager's");
}

TEST_CASE_METHOD(Fixture, "a file in the socket's place is not removed") {
    write_file(home.socket(), "precious");
    const Finished end = run({});
    CHECK(end.status == 125);
    CHECK(end.err == "ephd: " + home.socket().string() +
                         " is in the way and is not a socket\n"
                         "Move it away, or name another socket in EPH_SOCKET.\n");
    CHECK(read_file(home.socket()) == "precious");
}

TEST_CASE_METHOD(Fixture, "a socket's path that is too long is told") {
    const std::string path = home.path(std::string(120, 'x')) / "s";
    const Finished end = run({"--socket", path});
    CHECK(end.status == 64);
    CHECK(end.err == "ephd: the socket's path is too long: " + path + "\nName a shorter one in EPH_SOCKET.\n");
}

TEST_CASE_METHOD(Fixture, "EPH_SOCKET in a directory that others share changes nothing about that directory") {
    std::filesystem::create_directory(home.path("shared"));
    std::filesystem::permissions(home.path("shared"), std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
    const auto before = std::filesystem::status(home.path("shared")).permissions();
    const std::string socket = home.path("shared/s");
    Program ephd{{EPHD}, [&] {
                     Variables v = home.variables;
                     v["EPH_SOCKET"] = socket;
                     return v;
                 }()};
    ephd.wait_for_err("is ready");
    CHECK(std::filesystem::status(home.path("shared")).permissions() == before);
    HttpConnection connection{std::filesystem::path{socket}};
    connection.request("GET", "/v1/status");
    CHECK(connection.reply().status == 200);
    CHECK((std::filesystem::status(socket).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
}

TEST_CASE_METHOD(Fixture, "a relative --socket and --ledger are beside where ephd was started") {
    const std::string command = "cd " + home.path("tmp").string() + " && exec " EPHD " --socket s --ledger l";
    Program ephd{{"/bin/sh", "-c", command}, home.variables};
    ephd.wait_for_err("is ready");
    HttpConnection connection{home.path("tmp/s")};
    connection.request("GET", "/v1/status");
    CHECK(connection.reply().status == 200);
}

TEST_CASE_METHOD(Fixture, "ephd starts with nothing in its environment but HOME") {
    Program ephd{{EPHD, "--socket", home.path("s")}, {{"HOME", home.path("")}}};
    ephd.wait_for_err("is ready");
    HttpConnection connection{home.path("s")};
    connection.request("GET", "/v1/status");
    const Json status = connection.reply().json();
    CHECK(status.at("ledger") == home.path(".local/state/eph/ledger.db").string());
    CHECK(status.at("accounts").empty());
}

TEST_CASE_METHOD(Fixture, "without an account ephd runs, and says what is missing when it is needed") {
    Daemon ephd{home};
    for (const char* path : {"/v1/keys", "/v1/sessions", "/v1/cleanup", "/v1/accounts/openai/check"}) {
        const Json error = ephd.post(path, {{"host", "web"}}, 424).at("error");
        CHECK(error.at("code") == "no_account");
        CHECK(error.at("message") == "no OpenAI admin key is loaded");
        CHECK(error.at("hint") == "Run eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.");
    }
    CHECK(ephd.get("/v1/accounts").at("accounts").empty());
    CHECK(ephd.get("/v1/keys").at("keys").empty());
    CHECK(ephd.get("/v1/keys?source=provider").at("note") ==
          "keys of other machines are not shown: no OpenAI admin key is loaded");
}

TEST_CASE_METHOD(Fixture, "an API that cannot be reached is named with the reason") {
    Daemon ephd{
        home,
        {{"OPENAI_ADMIN_KEY", "sk"}, {"OPENAI_PROJECT_ID", "p"}, {"EPH_OPENAI_BASE_URL", "http://127.0.0.1:1/v1"}}};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK(error.at("code") == "provider_unreachable");
    CHECK(error.at("message") == "cannot connect to 127.0.0.1:1: Connection refused");
    CHECK(ephd.get("/v1/keys").at("keys").empty());  // nothing was sent, so there is nothing to look for
}

TEST_CASE_METHOD(Fixture, "a host name that does not exist is named") {
    Daemon ephd{home,
                {{"OPENAI_ADMIN_KEY", "sk"},
                 {"OPENAI_PROJECT_ID", "p"},
                 {"EPH_OPENAI_BASE_URL", "https://nowhere.invalid/v1"}}};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK_THAT(error.at("message").get<std::string>(),
               Catch::Matchers::StartsWith("cannot find the address of nowhere.invalid: "));
}

TEST_CASE_METHOD(Fixture, "a base URL that would give the admin key away is refused when it is used") {
    Daemon ephd{
        home,
        {{"OPENAI_ADMIN_KEY", "sk"}, {"OPENAI_PROJECT_ID", "p"}, {"EPH_OPENAI_BASE_URL", "http://example.com/v1"}}};
    CHECK(ephd.post("/v1/keys", Json::object(), 400).at("error").at("message") ==
          "'http://example.com/v1' cannot be a base URL: plain http is only allowed to loopback");
}

TEST_CASE_METHOD(Fixture, "OPENAI_BASE_URL, which belongs to others, is not read") {
    Daemon ephd{home,
                {{"OPENAI_ADMIN_KEY", "sk"},
                 {"OPENAI_PROJECT_ID", "p"},
                 {"OPENAI_BASE_URL", "http://127.0.0.1:1/v1"},
                 {"HTTPS_PROXY", "http://127.0.0.1:1"}}};
    CHECK(ephd.get("/v1/accounts/openai").at("base_url") == "https://api.openai.com/v1");
}

TEST_CASE_METHOD(Fixture, "credentials from systemd are an account") {
    Sim sim;
    write_file(home.path("credentials/openai-admin-key"), std::string{admin_key} + "\n");
    write_file(home.path("credentials/openai-project-id"), std::string{project} + "\n");
    Daemon ephd{home, {{"CREDENTIALS_DIRECTORY", home.path("credentials")}, {"EPH_OPENAI_BASE_URL", sim.base_url()}}};
    CHECK(ephd.get("/v1/accounts/openai").at("source") == "credential");
    CHECK(ephd.create_key().at("key").at("state") == "live");
}

TEST_CASE_METHOD(Fixture, "an account is stored once the provider has accepted it, and works after a restart") {
    Sim sim;
    Daemon ephd{home};
    const Json wanted = {
        {"admin_key", admin_key}, {"project", project}, {"base_url", sim.base_url()}, {"store", "file"}};
    Json wrong = wanted;
    wrong["admin_key"] = "sk-wrong";
    CHECK(ephd.call("PUT", "/v1/accounts/openai", wrong).status == 502);
    CHECK_FALSE(std::filesystem::exists(home.config()));
    CHECK(ephd.get("/v1/accounts").at("accounts").empty());  // what was refused is not kept either
    const Reply stored = ephd.call("PUT", "/v1/accounts/openai", wanted);
    INFO(stored.text);
    CHECK(stored.status == 200);
    CHECK(stored.json().at("account").at("source") == "file");
    CHECK(stored.json().at("account").at("checked_at").is_number());
    CHECK(stored.text.find(admin_key) == std::string::npos);
    CHECK(ephd.stop().status == 0);
    ephd.start();
    CHECK(ephd.get("/v1/accounts/openai").at("source") == "file");
    CHECK(ephd.create_key().at("key").at("state") == "live");
}

TEST_CASE_METHOD(Fixture, "a key whose account is missing waits for it, says which it is, and goes when it is back") {
    Sim sim;
    Daemon ephd{home};
    const Variables account{
        {"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    const std::string id = ephd.post("/v1/keys", Json::object(), 201, account).at("key").at("id");
    ephd.kill9();
    ephd.start();
    const Reply asked = ephd.call("DELETE", "/v1/keys/" + id);
    CHECK(asked.status == 202);
    CHECK(asked.json().at("key").at("last_error") ==
          "no account for project proj_test at " + sim.base_url() + " is loaded");
    CHECK(ephd.call("GET", "/v1/status", nullptr, account).status == 200);  // any request brings the account along
    CHECK(ephd.becomes(id, "revoked", 5s));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "an account is checked step by step, to the last a key that works and then does not") {
    Sim sim;
    Daemon ephd{home, sim};
    const Json report = ephd.post("/v1/accounts/openai/check?live=1", nullptr, 200);
    std::vector<std::string> steps;
    for (const Json& step : report.at("steps")) {
        INFO(step.dump());
        CHECK(step.at("passed") == true);
        steps.push_back(step.at("name"));
    }
    CHECK(steps == std::vector<std::string>{"tls", "permission", "list", "create", "usable", "revoke", "confirm"});
    CHECK(sim.live_keys() == 0);
    CHECK(ephd.post("/v1/accounts/openai/check", nullptr, 200).at("steps").size() == 3);
}

TEST_CASE_METHOD(Fixture, "the log can go to a file, without secrets") {
    Sim sim;
    Daemon ephd{home, Daemon::account(sim), {"--log-file", home.path("log/ephd.log")}};
    const Json issued = ephd.create_key();
    CHECK(ephd.stop().err.empty());
    const std::string log = read_file(home.path("log/ephd.log"));
    CHECK(log.find("is ready") != std::string::npos);
    CHECK(log.find(issued.at("secret").get<std::string>()) == std::string::npos);
}

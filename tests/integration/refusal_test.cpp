// What eph says when a session cannot be, word by word.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

// What was said besides the progress of the two that run side by side.
std::string said(const Finished& end) {
    std::string text = normal(end.err);
    const std::string progress = "eph: testhost: connecting and making a key\n";
    if (text.starts_with(progress)) text.erase(0, progress.size());
    return text;
}

}  // namespace

TEST_CASE_METHOD(World, "a host without Pi is told with how to install it") {
    const Finished end = eph({"testhost", "task"});
    CHECK(end.status == 127);
    CHECK(said(end) ==
          "eph: Pi was not found on testhost\n"
          "Install it there with: curl -fsSL https://pi.dev/install.sh | sh\n"
          "eph: key KEY is revoked\n");
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "a Pi that cannot be executed is named") {
    write_file(sshd.remote_home() / ".local/bin/pi", "#!/bin/sh\n");
    const Finished end = eph({"testhost", "task"});
    CHECK(end.status == 126);
    CHECK(said(end) == "eph: " + (sshd.remote_home() / ".local/bin/pi").string() + " on testhost is not executable\neph: key KEY is revoked\n");
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "--remote-pi is a path and never shell") {
    sshd.script("other/pi", "echo other");
    CHECK(eph({"testhost", "--remote-pi", "~/other/pi", "task"}).out == "other\n");
    const std::string trap = "x$(touch " + home.path("trapped").string() + ")";
    const Finished end = eph({"testhost", "--remote-pi", trap, "task"});
    CHECK(end.status == 127);
    CHECK(said(end) == "eph: " + trap + " was not found on testhost\neph: key KEY is revoked\n");
    CHECK_FALSE(std::filesystem::exists(home.path("trapped")));
}

TEST_CASE_METHOD(World, "a host that cannot be reached is told in ssh's words, and the key is revoked") {
    const Finished end = eph({"deadhost", "task"});
    CHECK(end.status == 255);
    const std::string text = normal(end.err);
    CHECK_THAT(text, Catch::Matchers::StartsWith("eph: deadhost: connecting and making a key\n"));
    CHECK_THAT(text, Catch::Matchers::Contains("ssh: connect to host 127.0.0.1 port 1: Connection refused\n"));
    CHECK_THAT(text, Catch::Matchers::Contains("eph: ssh could not open a session on deadhost\nCheck with: ssh deadhost true\n"));
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "a machine without ssh is told") {
    const Finished end = eph({"testhost", "task"}, "", {{"PATH", home.path("empty")}});
    CHECK(end.status == 125);
    CHECK(said(end) == "eph: ssh was not found on your PATH\nInstall OpenSSH's client.\n");
    CHECK(sim.requests("POST").empty());
}

TEST_CASE_METHOD(World, "without ephd, and told not to start it, eph says where it looked") {
    ephd.stop();
    const Finished end = eph({"testhost", "task"});
    CHECK(end.status == 125);
    CHECK(end.err == "eph: ephd does not listen on " + home.socket().string() +
                         "\nStart it with ephd, or unset EPH_NO_AUTOSTART so that eph does.\n");
}

TEST_CASE_METHOD(World, "where nobody listens eph starts ephd, which stays for the next one") {
    ephd.stop();
    agent("");
    Variables variables = Daemon::account(sim);
    variables["EPH_NO_AUTOSTART"] = "";
    const Finished first = eph({"testhost", "task"}, "", variables);
    INFO(first.err);
    CHECK(first.status == 0);
    const int pid = ephd.get("/v1/status").at("pid");
    CHECK(eph({"testhost", "task"}, "", variables).status == 0);
    CHECK(ephd.get("/v1/status").at("pid") == pid);
    CHECK(read_file("/proc/" + std::to_string(pid) + "/environ").find(admin_key) == std::string::npos);
    kill(pid, SIGTERM);
    CHECK(eventually([&] { return kill(pid, 0) != 0; }));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE("without an account eph says what to do") {
    TempHome home;
    Sshd sshd{home};
    Daemon ephd{home};
    const Finished end = Program{{EPH, "testhost", "task"}, home.variables}.wait();
    CHECK(end.status == 125);
    CHECK(end.err == "eph: no OpenAI admin key is loaded\nRun eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.\n");
    CHECK(sshd.connections() == 0);
}

TEST_CASE_METHOD(World, "a wrong admin key is told, and nothing is left on the host") {
    agent("");
    const Finished end = eph({"testhost", "task"}, "", {{"OPENAI_ADMIN_KEY", "sk-admin-wrong"}});
    CHECK(end.status == 125);
    CHECK(said(end) ==
          "eph: OpenAI does not accept the admin key 7f89353a0fd2: Incorrect API key provided. (status 401)\n"
          "Make a new admin key at platform.openai.com/settings/organization/admin-keys and run: eph auth setup\n");
}

TEST_CASE_METHOD(World, "an API that cannot be reached is told with its address and the reason") {
    agent("");
    const Finished end = eph({"testhost", "task"}, "", {{"EPH_OPENAI_BASE_URL", "http://127.0.0.1:1/v1"}});
    CHECK(end.status == 125);
    CHECK(said(end) == "eph: cannot connect to 127.0.0.1:1: Connection refused\n");
}

TEST_CASE_METHOD(World, "bad input is named, and the status is 64") {
    struct Row {
        std::vector<std::string> words;
        std::string message;
    };
    const Row table[] = {
        {{"--nonsense", "testhost"}, "eph: the option --nonsense is not known\nSee eph --help; words that look like options go behind --.\n"},
        {{"-x", "testhost"}, "eph: the option -x is not known\nSee eph --help; words that look like options go behind --.\n"},
        {{"--", "-oProxyCommand=x"}, "eph: '-oProxyCommand=x' cannot be a host: it begins with '-'\n"},
        {{"a b", "task"}, "eph: 'a b' cannot be a host: it holds white space\n"},
        {{"a\x1b[2Jb", "task"}, "eph: 'a[2Jb' cannot be a host: it holds control characters\n"},
        {{"", "task"}, "eph: '' cannot be a host: it is empty\n"},
        {{"testhost", "--ttl", "0", "task"}, "eph: a length of time must be more than zero, not '0'\n"},
        {{"testhost", "--ttl", "soon", "task"}, "eph: 'soon' is not a length of time\nWrite it like 30m, 2h, 1h30m, 1d or 90s.\n"},
        {{"testhost", "--ttl"}, "eph: --ttl needs a value: TIME\n"},
        {{"testhost", "--task", "a", "b"}, "eph: the task is given twice\nGive it as words, with --task or with --task-file.\n"},
        {{"testhost", "--task", " "}, "eph: the task is empty\n"},
        {{"testhost", "--thinking", "deep", "task"}, "eph: 'deep' is not a level of --thinking\nLevels: off, minimal, low, medium, high, xhigh, max.\n"},
        {{"testhost", "--provider", "nobody", "task"}, "eph: the provider 'nobody' is not known\nKnown providers: openai.\n"},
    };
    for (const Row& row : table) {
        INFO(Json(row.words).dump());
        const Finished end = eph(row.words);
        CHECK(end.status == 64);
        CHECK(normal(end.err) == (row.message.find("--ttl needs") != std::string::npos ? end.err : row.message));
        CHECK(end.out.empty());
    }
    write_file(home.path("nul"), std::string{"a\0b", 3});
    CHECK(eph({"testhost", "--task-file", home.path("nul")}).err == "eph: the task holds a NUL character\n");
    CHECK(eph({"testhost", "--task-file", home.path("none")}).err ==
          "eph: cannot read the task from " + home.path("none").string() + ": No such file or directory\n");
    CHECK(sim.requests("POST").empty());
    CHECK(sshd.connections() == 0);
}

TEST_CASE_METHOD(World, "a TTL above what is allowed is refused before anything is made") {
    agent("");
    const Finished end = eph({"testhost", "--ttl", "2d", "task"});
    CHECK(end.status == 64);
    CHECK(said(end) == "eph: a TTL of 2d is more than the 1d that are allowed\nAsk for less, or raise max_ttl in config.json.\n");
    CHECK(sim.requests("POST").empty());
}

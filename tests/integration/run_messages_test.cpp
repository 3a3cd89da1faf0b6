// What a person reads when something is not as it should be, word by word.
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

// Progress, then exactly these lines.
void check_says(const Finished& done, int status, const std::string& lines) {
    CHECK(done.status == status);
    CHECK_THAT(done.err, EndsWith(lines));
}

}  // namespace

TEST_CASE_METHOD(World, "bad input is named, with exit status 64, and nothing is begun") {
    struct Case {
        std::vector<std::string> words;
        std::string says;
    };
    const std::vector<Case> cases{
        {{"--frobnicate", "testhost"},
         "eph: the option --frobnicate is not known\nSee eph --help; words that look like options go behind --.\n"},
        {{"-x"}, "eph: the option -x is not known\nSee eph --help; words that look like options go behind --.\n"},
        {{"testhost", "--ttl"}, "eph: --ttl needs a value: DURATION\n"},
        {{"testhost", "--ttl", "0", "x"}, "eph: a length of time must be more than zero, not '0'\n"},
        {{"testhost", "--ttl", "soon", "x"},
         "eph: 'soon' is not a length of time\nWrite it like 30m, 2h, 1h30m, 1d or 90s.\n"},
        {{"testhost", "--local=yes"}, "eph: --local takes no value\n"},
        {{"--", "-oProxyCommand=id", "x"}, "eph: '-oProxyCommand=id' cannot be a host: it begins with '-'\n"},
        {{"a b", "x"}, "eph: 'a b' cannot be a host: it holds white space\n"},
        {{"a\tb", "x"}, "eph: 'a b' cannot be a host: it holds control characters\n"},
        {{"", "x"}, "eph: '' cannot be a host: it is empty\n"},
        {{"testhost", "--thinking", "hard", "x"},
         "eph: 'hard' is not a level of --thinking\nLevels: off, minimal, low, medium, high, xhigh, max.\n"},
        {{"testhost", "--provider", "acme", "x"},
         "eph: the provider 'acme' is not known\nKnown providers: openai, anthropic, openrouter, google, xai, mistral, "
         "groq, deepseek, together, ollama, vllm, cerebras, fireworks, huggingface, nvidia, moonshotai, zai, minimax. "
         "Another one is made known by \"providers\" in config.json.\n"},
        {{"testhost", "--task", "a", "b"},
         "eph: the task is given twice\nGive it as words, with --task or with --task-file.\n"},
        {{"testhost", "--task", " "},
         "eph: the task is empty\nWithout a task, Pi opens with an empty screen: leave it out.\n"},
        {{"keys"}, "eph: eph keys needs one of: create, list, revoke\nA host of that name: eph run keys\n"},
        {{"status", "now"}, "eph: 'now' is one word too many\nSee eph status --help.\n"},
        {{"stop"}, "eph: eph stop needs <session>\nSee eph stop --help.\n"},
    };
    for (const Case& each : cases) {
        const Finished done = eph(each.words);
        CHECK(done.status == 64);
        CHECK(done.err == each.says);
        CHECK(done.out.empty());
    }
    const Finished nul = eph({"testhost", "--task-file", "-"}, std::string("a\0b", 3));
    CHECK(nul.status == 64);
    CHECK(nul.err == "eph: the task holds a NUL character\nA task is text; is this the right file?\n");
    CHECK(sim.requests("POST").empty());
    CHECK(host.connections() == 0);
}

TEST_CASE_METHOD(World, "a TTL above the maximum is refused with exit status 64") {
    check_says(
        eph({"testhost", "--ttl", "2d", "x"}), 64,
        "eph: a TTL of 2d is more than the 1d that are allowed\nAsk for less, or raise max_ttl in config.json.\n");
    CHECK(sim.requests("POST").empty());
}

TEST_CASE_METHOD(World, "an agent that is not there is 127 with the install hint, one that cannot run is 126") {
    std::filesystem::remove(host.host_home() / ".local/bin/pi");
    const Finished missing = eph({"testhost", "x"});
    CHECK(missing.status == 127);
    CHECK_THAT(missing.err, Contains("eph: Pi was not found on testhost\nInstall it there with: eph install-pi "
                                     "testhost, or run it without installing it: --npx\neph: key "));
    CHECK_THAT(missing.err, EndsWith(" is revoked\n"));

    const Finished named = eph({"testhost", "--remote-pi", "/opt/nowhere/pi", "x"});
    CHECK(named.status == 127);
    CHECK_THAT(named.err, Contains("eph: /opt/nowhere/pi was not found on testhost\neph: key "));

    const Finished refused = eph({"testhost", "--remote-pi", "/etc/passwd", "x"});
    CHECK(refused.status == 126);
    CHECK_THAT(refused.err, Contains("eph: /etc/passwd on testhost is not executable\nMake it so with chmod +x, or "
                                     "name another one.\neph: key "));

    const Finished command = eph({"testhost", "--remote-pi", "x$(touch " + home.path("ran").string() + ")", "x"});
    CHECK(command.status == 127);
    CHECK_FALSE(std::filesystem::exists(home.path("ran")));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "without an account eph says what to do") {
    Daemon bare{
        home, Variables{}, {"--socket", home.path("run/bare.sock"), "--ledger", home.path("state/bare/ledger.db")}};
    home.variables["EPH_SOCKET"] = home.path("run/bare.sock");
    check_says(
        eph({"testhost", "x"}), 125,
        "eph: no OpenAI admin key is loaded\nRun eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.\n");
    CHECK(host.connections() == 0);
}

TEST_CASE_METHOD(World, "a wrong admin key is told in OpenAI's words, without the key") {
    home.variables["OPENAI_ADMIN_KEY"] = "sk-admin-wrong";
    home.variables["OPENAI_PROJECT_ID"] = project;
    home.variables["EPH_OPENAI_BASE_URL"] = sim.base_url();
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 125);
    CHECK_THAT(done.err, Contains("eph: OpenAI does not accept the admin key "));
    CHECK_THAT(done.err, Contains("(status 401)\nMake a new admin key at "
                                  "platform.openai.com/settings/organization/admin-keys and run: eph auth setup\n"));
    CHECK(done.err.find("sk-admin-wrong") == std::string::npos);
}

TEST_CASE_METHOD(World, "without ephd eph says so where it must not start it") {
    (void)ephd.stop();
    check_says(eph({"status"}), 125,
               "eph: ephd does not listen on " + home.socket().string() +
                   "\nStart it with eph daemon start, or unset EPH_NO_AUTOSTART so that eph does when it needs it.\n");
}

TEST_CASE_METHOD(World, "a missing ephd is said") {
    (void)ephd.stop();
    home.variables.erase("EPH_NO_AUTOSTART");
    std::filesystem::copy_file(EPH, home.path("eph"));
    check_says(Program({home.path("eph"), "status"}, home.variables).wait(), 125,
               "eph: ephd is neither beside eph nor on the PATH\n"
               "Install it where eph is: it does the work of making and revoking keys.\n");
}

TEST_CASE_METHOD(World, "the provider's text reaches the terminal without its control characters") {
    sim.fault(
        {{"match", {{"method", "POST"}}},
         {"times", 1},
         {"kind", "status"},
         {"status", 400},
         {"body",
          "{\"error\":{\"message\":\"no\\u001b[2J\\u009b1m way\",\"type\":\"x\",\"param\":null,\"code\":null}}"}});
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 125);
    CHECK_THAT(done.err,
               EndsWith("eph: OpenAI could not create a key in project proj_test: no[2J1m way (status 400)\n"));
}

TEST_CASE_METHOD(World, "what stdout does not take is said, but not when its reader has gone") {
    const auto shell = [&](const std::string& line) { return Program({"/bin/sh", "-c", line}, home.variables).wait(); };
    if (std::filesystem::exists("/dev/full")) {
        const Finished full = shell("exec " EPH " status >/dev/full");
        CHECK(full.status == 125);
        CHECK(full.err == "eph: cannot write all of the answer to stdout\nIs the disk full?\n");
    }
    const Finished gone = shell("{ trap '' PIPE; while printf x; do :; done 2>/dev/null; " EPH
                                " status; echo \"status $?\" >&2; } | true");
    CHECK(gone.err == "status 141\n");
}

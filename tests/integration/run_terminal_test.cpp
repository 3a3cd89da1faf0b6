// Sessions in a terminal: the agent has the screen, and the terminal is whole afterwards.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

TEST_CASE_METHOD(World, "in a terminal the agent has one too, and the task lies in a file") {
    host.agent(std::string{honest_agent} +
               "test -t 0 && test -t 1 && echo 'a terminal'\ncat \"$EPH_TASK_FILE\"; echo\nread -r line\necho \"read "
               "$line\"\nexit 4\n");
    Pty person(command({"testhost", "the task"}), home.variables);
    person.wait_for("a terminal");
    person.wait_for("the task");
    person.type("typed\n");
    CHECK(person.wait() == 4);
    CHECK_THAT(person.screen(), Contains("arguments=--no-session --provider openai\r\n"));
    CHECK_THAT(person.screen(), Contains("read typed"));
    CHECK_THAT(person.screen(), Contains("\x1b]0;eph testhost: until "));
    CHECK(nothing_left(directory(person.screen())));
}

TEST_CASE_METHOD(World, "Ctrl-C goes to the agent, and eph ends with the agent's status") {
    host.agent(std::string{honest_agent} + "trap 'echo caught; exit 6' INT\nwhile :; do sleep 0.1; done\n");
    Pty person(command({"testhost", "x"}), home.variables);
    person.wait_for("key=");
    person.type("\x03");
    CHECK(person.wait() == 6);
    CHECK_THAT(person.screen(), Contains("caught"));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "NO_COLOR is honoured, and errors stand out without it") {
    Pty coloured(command({"--nonsense"}), home.variables);
    CHECK(coloured.wait() == 64);
    CHECK_THAT(coloured.screen(), Contains("\x1b[31meph: the option --nonsense is not known\x1b[0m"));
    home.variables["NO_COLOR"] = "1";
    Pty plain(command({"--nonsense"}), home.variables);
    CHECK(plain.wait() == 64);
    CHECK(plain.screen().find('\x1b') == std::string::npos);
}

TEST_CASE_METHOD(World, "auth setup asks without echo, checks, and stores with mode 0600") {
    Pty person(command({"auth", "setup", "--base-url", sim.base_url()}), home.variables);
    person.wait_for("OpenAI admin key (sk-admin-..., not shown): ");
    CHECK(eventually([&] { return !person.echoes(); }));
    person.type(std::string{admin_key} + "\n");
    person.wait_for("OpenAI project id (proj_...): ");
    CHECK(person.echoes());
    person.type(std::string{project} + "\n");
    CHECK(person.wait() == 0);
    CHECK(person.screen().find(admin_key) == std::string::npos);
    CHECK_THAT(person.screen(), Contains("is stored in " + home.config().string() + " (mode 0600)"));
    CHECK((std::filesystem::status(home.config()).permissions() & std::filesystem::perms::mask) ==
          std::filesystem::perms{0600});
    CHECK(Json::parse(read_file(home.config())).at("openai").at("admin_key") == admin_key);
}

TEST_CASE_METHOD(World, "auth setup takes the key from a pipe, and stores nothing that does not work") {
    const Finished refused =
        eph({"auth", "setup", "--project", project, "--base-url", sim.base_url()}, "sk-admin-wrong\n");
    CHECK(refused.status == 125);
    CHECK_THAT(refused.err, Contains("eph: OpenAI does not accept the admin key "));
    CHECK_FALSE(std::filesystem::exists(home.config()));
    const Finished stored =
        eph({"auth", "setup", "--project", project, "--base-url", sim.base_url()}, std::string{admin_key} + "\n");
    CHECK(stored.status == 0);
    CHECK(std::filesystem::exists(home.config()));
    const Finished nothing = eph({"auth", "setup"});
    CHECK(nothing.status == 64);
    CHECK(nothing.err == "eph: no admin key was given\nType it at the question, or pipe it in as one line.\n");
}

TEST_CASE_METHOD(World, "Ctrl-C before the agent starts ends the session, and no key stays") {
    sim.fault({{"kind", "delay"}, {"delay_ms", 1000}, {"match", {{"method", "POST"}}}});
    Pty person(command({"testhost"}), home.variables);
    sim.wait_for("POST service_accounts");
    person.type("\x03");
    CHECK(person.wait() == 130);
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "the terminal is as it was, whatever the agent did to it") {
    host.agent("stty size; stty raw -echo; printf '\\033[?1049h'; exit 3\n");
    const std::string script = "stty -a >'" + home.path("before").string() +
                               "'; " EPH " testhost; echo \"status $?\"; stty -a >'" + home.path("after").string() +
                               "'; echo finished";
    Pty person({"/bin/sh", "-c", script}, home.variables);
    person.wait_for("finished");
    CHECK_THAT(person.screen(), Contains("24 80"));
    CHECK_THAT(person.screen(), Contains("status 3"));
    CHECK(read_file(home.path("before")) == read_file(home.path("after")));
    CHECK_FALSE(read_file(home.path("after")).empty());
}

TEST_CASE("a question of ssh's for a password does not stay open when no key can be made") {
    World world{{}, "PasswordAuthentication yes\n"};
    const std::filesystem::path config = world.home.path("sshd/client_config");
    write_file(config, "Host testhost\n  PreferredAuthentications password\n  BatchMode no\n" + read_file(config));
    world.sim.fault({{"kind", "hang"}, {"match", {{"method", "POST"}}}});
    Pty person(world.command({"testhost", "x"}), world.home.variables);
    person.wait_for("password: ");
    CHECK(eventually([&] { return !person.echoes(); }));
    world.ephd.kill9();
    person.wait_for("eph: the connection to ephd broke", 3s);
    CHECK(person.wait(2s) == 125);
    CHECK(person.echoes());
}

TEST_CASE_METHOD(World, "a dumb terminal gets lines, and nothing that it would show as rubbish") {
    Pty person({"/bin/sh", "-c", "TERM=dumb exec " EPH " exec --local -- true"}, home.variables);
    CHECK(person.wait() == 0);
    CHECK_THAT(person.screen(), Contains("eph: making a key\r\n"));
    CHECK(person.screen().find('\x1b') == std::string::npos);
}

TEST_CASE_METHOD(World, "ssh's control socket has a place where the runtime directory's name would confuse ssh") {
    home.variables["EPH_SOCKET"] = home.socket().string();
    home.variables["XDG_RUNTIME_DIR"] = home.path("a b%h").string();
    std::filesystem::create_directory(home.path("a b%h"));
    CHECK(eph({"exec", "testhost", "--", "echo", "fine"}).out == "fine\n");
}

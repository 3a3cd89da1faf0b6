// The remote side under the login shells that people have.
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

TEST_CASE("a session works with any login shell") {
    for (const char* shell : {"dash", "bash", "zsh", "fish", "tcsh"}) {
        if (!available(shell)) continue;
        INFO(shell);
        const std::string path = std::string{"/usr/bin/"} + shell;
        World world{{}, "ForceCommand SHELL=" + path + " exec " + path + " -c \"$SSH_ORIGINAL_COMMAND\"\n"};
        world.host.agent(std::string{honest_agent} + "cat\nexit 9\n");
        const Finished done = world.eph({"testhost", "it's a 'task'"});
        CHECK(done.status == 9);
        CHECK_THAT(done.out, Catch::Matchers::EndsWith("it's a 'task'"));
        CHECK(world.nothing_left(World::directory(done.out)));
    }
}

TEST_CASE("a login shell that chatters and takes its time does no harm") {
    World world;
    write_file(world.host.host_home() / ".profile",
               "echo welcome; echo 'eph something ready /bin/false'; PATH=$HOME/only:$PATH\n");
    world.host.tool("only/pi", "echo the one on the login PATH\n");
    CHECK_THAT(world.eph({"testhost", "x"}).out, Catch::Matchers::Contains("the one on the login PATH\n"));
}

TEST_CASE("a profile that prints a long line does no harm, wherever it prints it") {
    World world{{}, "ForceCommand . \"$HOME/.bashrc\"; eval \"$SSH_ORIGINAL_COMMAND\"\n"};
    for (const char* where : {"", " >&2"}) {
        write_file(world.host.host_home() / ".bashrc",
                   "head -c 100000 /dev/zero | tr '\\0' x" + std::string{where} + "\n");
        const Finished done = world.eph({"exec", "testhost", "--", "echo", "it ran"});
        CHECK(done.status == 0);
        CHECK_THAT(done.out, Catch::Matchers::EndsWith("it ran\n"));
        CHECK(done.err.find("does not answer") == std::string::npos);
    }
}

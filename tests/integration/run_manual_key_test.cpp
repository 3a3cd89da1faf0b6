// Sessions with a key that the person brings: eph can end the session, and says that it cannot revoke the key.
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

TEST_CASE_METHOD(World, "where eph can make no key, it says so, and what to do") {
    struct Case {
        std::vector<std::string> words;
        std::string says;
    };
    const std::string no_key = "eph: the key command ended with status 1: false\n";
    const std::vector<Case> cases{
        {{"testhost", "--provider", "anthropic", "x"},
         "eph: eph can neither make nor revoke Anthropic keys\nBring a key of your own: --prompt-key asks for it, "
         "--key-command CMD runs a command that prints it. You will have to revoke it yourself.\n"},
        {{"testhost", "--provider", "anthropic", "--prompt-key", "x"},
         "eph: --prompt-key needs a terminal on stdin, to ask without echo\nWithout one, let a command print the key: "
         "--key-command CMD\n"},
        {{"testhost", "--prompt-key", "--key-command", "x", "x"},
         "eph: --prompt-key and --key-command exclude each other\n"},
        {{"testhost", "--key-command", "false", "x"}, no_key},
        {{"exec", "testhost", "--provider", "groq", "--key-command", "false", "env"}, no_key},
        {{"testhost", "--key-command", "true", "x"}, "eph: the key command gave no key\n"},
        {{"testhost", "--key-command", "echo error: not logged in", "x"},
         "eph: what the key command gave is not a key: it holds blanks or other characters that no key has\n"},
    };
    for (const Case& each : cases) {
        const Finished done = eph(each.words);
        CHECK(done.status == 64);
        CHECK(done.err == each.says);
    }
    CHECK(sim.requests("POST").empty());
    CHECK(host.connections() == 0);
}

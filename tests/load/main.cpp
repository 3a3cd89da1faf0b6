// Prints what ephd takes under load: load sessions|revocations [options]. See load --help.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.hpp"

#include <CLI/CLI.hpp>

#include "tests/load/load.hpp"

int main(int argc, char** argv) {
    auto& options = eph::test::load_options;
    CLI::App app{"Real ephd, simulated provider, figures. Ends with 0 when everything came to its end."};
    app.require_subcommand(1);
    CLI::App* sessions = app.add_subcommand("sessions", "sessions at once, each with its lease");
    sessions->add_option("--count", options.count, "how many")->capture_default_str();
    CLI::App* revocations = app.add_subcommand("revocations", "keys that are due at once, at a provider that says 429");
    revocations->add_option("--keys", options.keys, "in the ledger")->capture_default_str();
    revocations->add_option("--due", options.due, "of them, live and over")->capture_default_str();
    revocations->add_option("--slowed", options.slowed, "seconds of 429")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const char* words[] = {argv[0], sessions->parsed() ? "sessions" : "revocations"};
    return Catch::Session{}.run(2, words);
}

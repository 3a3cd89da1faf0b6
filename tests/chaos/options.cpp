// Options and their help.
#include "tests/chaos/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <random>

namespace eph::chaos {

Options parse_options(int argc, char** argv) {
    Options options;
    options.seed = std::random_device{}();
    options.keep = std::filesystem::current_path() / "chaos-rounds";
    CLI::App app{
        "Runs eph sessions against eph-sim and a real sshd, and meanwhile kills their programs, breaks the provider, "
        "steps "
        "the clock, fills the disk and takes the network away. After each round nothing may be left: no key, no "
        "process, "
        "no file, no secret on a disk.\n\nNeeds root or user name spaces, sshd, curl, and libfaketime.\n\nExit status: "
        "0 no "
        "leak, 1 a leak, 2 it could not run, 64 bad usage."};
    app.name("chaos");
    app.add_option("--sessions", options.sessions, "How many sessions, at least")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--minutes", options.minutes, "Begin no round after so many minutes, whatever --sessions says");
    app.add_option("--parallel", options.parallel, "Rounds at once")->capture_default_str()->check(CLI::Range(1, 64));
    app.add_option("--seed", options.seed,
                   "Repeats the decisions of an earlier run (default: a new one, which is printed)");
    app.add_option("--only", options.only, "This round of the seed's alone")->check(CLI::NonNegativeNumber);
    app.add_option("--first", options.first, "Begin with this round")->check(CLI::NonNegativeNumber);
    app.add_flag("--plan", options.show_plan, "With --only: print what the round would do, and do nothing");
    app.add_option("--plant", options.plant, "Leaks one of these on purpose: the run must end with status 1")
        ->check(CLI::IsMember({"key", "row", "process", "file", "secret", "too-much"}));
    app.add_option("--keep", options.keep,
                   "Where the rounds' directories are; those that leaked stay (default: ./chaos-rounds)");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : 64);
    }
    options.keep = std::filesystem::absolute(options.keep);
    return options;
}

}  // namespace eph::chaos

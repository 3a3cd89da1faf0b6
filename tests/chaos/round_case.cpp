// What the tests' support library needs around a round: Catch2, and one test case.
#define CATCH_CONFIG_RUNNER
#include "tests/chaos/round_case.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "tests/chaos/round.hpp"
#include "tests/support/catch.hpp"

namespace eph::chaos {
namespace {

const Plan* planned = nullptr;  // a test case takes no arguments
std::filesystem::path reports_to;

}  // namespace

TEST_CASE("a round of chaos leaves nothing") {
    test::write_file(reports_to / log_file, "");
    Round round{*planned};
    round.play();
    round.check();
    if (!round.figures().leaks.empty()) round.keep(reports_to / "kept");
    test::write_file(reports_to / result_file, to_json(round.figures()).dump());
}

int play_round(const Plan& plan, const std::filesystem::path& directory) {
    planned = &plan;
    // Outside of what the round looks at: the directory is its /tmp.
    reports_to = directory / "chaos";
    std::filesystem::create_directories(reports_to);
    const int log = open((reports_to / log_file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    dup2(log, 1);
    dup2(log, 2);
    return Catch::Session{}.run();
}

}  // namespace eph::chaos

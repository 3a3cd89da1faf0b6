// Every instant: ephd is killed before each step of each operation, and its disk fails at each step, once and for ever.
// The waits that follow (30 s for a client to come back, a minute for a creation to appear) are shared by many ephds.
#include <cstdlib>
#include <iostream>

#include "tests/instants/operations.hpp"
#include "tests/instants/table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/root.hpp"

using namespace eph::test;

namespace {

constexpr std::size_t at_once = 90;  // ephds, each with a simulator of its own

struct Break {
    const Operation* operation;
    std::string call;
    std::string how;  // of strace's injections
    bool dies;        // ephd is dead afterwards, or is killed while its disk still fails
    std::string name() const { return std::string{operation->name} + ", " + call + ":" + how; }
};

struct Run {
    Break broken;
    std::unique_ptr<Stage> stage;
    std::string wrong;
};

void work(const Operation& operation, Stage& stage) {
    try {
        operation.work(stage);
    } catch (const std::exception&) {  // nobody listens any more
    }
}

Steps steps_of(const Operation& operation, const std::vector<std::string>& calls) {
    Stage stage{operation.sim_options};
    operation.prepare(stage);
    Tracer tracer{stage, calls};
    work(operation, stage);
    tracer.detach();
    return tracer.counted();
}

Run carry_out(const Break& broken, const std::vector<std::string>& calls, Line& line) {
    Run run{broken, std::make_unique<Stage>(broken.operation->sim_options), ""};
    Stage& stage = *run.stage;
    broken.operation->prepare(stage);
    Tracer tracer{stage, calls, broken.call + ":" + broken.how};
    work(*broken.operation, stage);
    if (broken.dies) stage.let_die();
    tracer.detach();
    ++(tracer.injected() ? line.broken : line.missed);
    if (broken.dies) run.wrong = stage.wrong_at_death();
    return run;
}

// All at the same time, since most of it is waiting.
void settle(std::vector<Run>& runs, Table& table) {
    for (Run& run : runs) {
        if (run.stage->lease) run.stage->lease->close();
        if (run.stage->dead()) run.stage->ephd.start();  // it may have ended by itself, at a ledger that fails
        if (run.stage->refused) (void)run.stage->ephd.post("/v1/cleanup", Json::object(), 200);
    }
    const auto until = std::chrono::steady_clock::now() + 150s;
    for (Run& run : runs) {
        const auto left = std::chrono::duration_cast<Limit>(until - std::chrono::steady_clock::now());
        (void)eventually([&] { return run.stage->settled_and_compared(); }, std::max(left, Limit{1s}));
        if (run.wrong.empty()) run.wrong = run.stage->wrong_in_the_end();
        if (run.wrong.empty()) continue;
        ++table[run.broken.operation->name].wrong;
        FAIL_CHECK(run.broken.name() << ": " << run.wrong << "\n" << run.stage->ephd.program().err());
    }
}

// EPH_INSTANTS_EVERY=9: every ninth run alone. EPH_INSTANTS_ONLY="create, pwrite64:signal=KILL:when=4": that one.
bool is_wanted(const Break& broken, int number) {
    const char* only = std::getenv("EPH_INSTANTS_ONLY");
    if (only != nullptr) return broken.name() == only;
    const char* every = std::getenv("EPH_INSTANTS_EVERY");
    return every == nullptr || number % std::max(1, std::atoi(every)) == 0;
}

// `hows`: strace's words, in which N is the step's number.
void break_everything(const char* what, const std::vector<std::string>& calls, const std::vector<std::string>& hows,
                      bool dies) {
    if (!is_root("may trace ephd, which is undumpable") || !available("strace")) return;
    Table table{what};
    std::vector<Run> runs;
    int number = 0;
    for (const Operation& operation : operations()) {
        Line& line = table[operation.name];
        line.steps = steps_of(operation, calls);
        for (const auto& [call, count] : line.steps) {
            for (int step = 1; step <= count; ++step) {
                for (std::string how : hows) {
                    how.replace(how.find("=N") + 1, 1, std::to_string(step));
                    const Break broken{&operation, call, how, dies};
                    if (is_wanted(broken, number++)) runs.push_back(carry_out(broken, calls, line));
                }
            }
        }
        if (runs.size() < at_once) continue;
        settle(runs, table);
        runs.clear();
    }
    settle(runs, table);
    table.print();
    CHECK(table.broken() > table.missed());  // else it has looked at nothing
}

}  // namespace

TEST_CASE("killed before any step of its work, ephd leaves no key without a row, and the next one settles all") {
    break_everything("killed before the step", all_calls, {"signal=KILL:when=N"}, true);
}

TEST_CASE("whatever step the disk refuses, nothing is handed out that is not recorded, and all is settled") {
    break_everything("the disk refused the step", disk_calls, {"error=ENOSPC:when=N", "error=EIO:when=N"}, false);
}

TEST_CASE("from whatever step on the disk refuses all, until ephd is killed, the next one settles all") {
    break_everything("the disk refused the step and all that follow", disk_calls,
                     {"error=ENOSPC:when=N+", "error=EIO:when=N+"}, true);
}

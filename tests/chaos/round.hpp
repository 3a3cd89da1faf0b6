// One round: its plan carried out, then peace, then every check.
#pragma once

#include "tests/chaos/figures.hpp"
#include "tests/chaos/sessions.hpp"

namespace eph::chaos {

// How long each thing may take once the faults have ended.
inline constexpr test::Limit eph_limit =
    std::chrono::seconds{150};  // every eph has ended: the 120 s that it waits for a host to be ready are the most
inline constexpr test::Limit key_limit = std::chrono::seconds{100};  // no key without a session
inline constexpr test::Limit ledger_limit =
    std::chrono::seconds{180};                                       // every row settled: lost creations take a minute
inline constexpr test::Limit host_limit = std::chrono::seconds{20};  // no process and no file

class Round {
public:
    explicit Round(const Plan& plan);

    void play();   // until the faults end
    void check();  // what is left, into figures().leaks
    Figures& figures() { return figures_; }
    void keep(const fs::path& directory);  // what a person needs to find out

private:
    void do_acts(int at);
    void act(const Act& act);
    void kill_one(const Act& act);
    void later(int at, std::function<void()> what) { pending_.emplace(at, std::move(what)); }
    void set_fault(Json fault);
    void shift_accounts(const Act& act);
    void errand(const Act& act, const std::string& command);
    void trouble(const std::string& what, std::int64_t length);  // for the reasons of a delay
    void tick();
    void calm();
    void plant();  // plant.cpp

    // A leak that was planted does not go away by waiting.
    test::Limit within(test::Limit usual) const { return plan_.plant.empty() ? usual : std::chrono::seconds{8}; }

    // checks.cpp
    void leak(const std::string& what);
    void wait_for_ends();
    void wait_for_keys();
    void wait_for_ledger();
    void clean_up_if_needed();
    void compare();
    void measure();
    std::string reason(const Json& account, std::int64_t from, std::int64_t to);
    void look_at_host(bool strictly);
    std::string left_on_host();
    void last_session();
    void end();
    void look_for_secrets();
    std::string unsettled();

    const Plan& plan_;
    Stage stage_;
    std::vector<Session> sessions_;
    std::vector<std::unique_ptr<test::Program>> errands_;
    std::multimap<int, std::function<void()>> pending_;
    std::vector<std::string> fault_names_;  // in the order in which eph-sim has them
    struct Trouble {
        std::string what;
        std::int64_t from, to;
    };
    std::vector<Trouble> troubles_;
    std::set<pid_t> stopped_;
    bool keeper_killed_ = false, lied_ = false;
    std::int64_t began_ = 0, calm_ = 0;
    Figures figures_;
    std::unique_ptr<test::Program> planted_;
    Json rows_;  // the ledger's keys, at the end
};

}  // namespace eph::chaos

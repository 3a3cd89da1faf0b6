// What a round plays on: a provider, a host, the networks to both, a home, and an ephd that somebody starts again.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "tests/chaos/network.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/integration/support/sim.hpp"
#include "tests/integration/support/sshd.hpp"

namespace eph::chaos {

namespace fs = std::filesystem;

inline constexpr const char* kept_key = "eph-other-20260101T000000Z-exp-20990101T020000Z-a1b2c3";  // another machine's
inline constexpr const char* stale_key = "eph-other-20260101T000000Z-exp-20260101T020000Z-d4e5f6";

std::int64_t now_ms();  // since 1970

class Stage {
public:
    explicit Stage(const Plan& plan);

    test::TempHome home;
    test::Sim sim;
    test::Sshd host;
    Network to_provider, to_host;
    std::set<std::string> of_host;  // files of the host's home, before the sessions

    // eph as somebody would call it.
    std::unique_ptr<test::Program> eph(std::vector<std::string> words) const;
    const test::Variables& person() const { return person_; }

    void supervise();  // starts ephd again, a while after its end, where that is ours to do
    bool has_ephd() const;
    void bring_ephd();       // at the end: whatever it takes, for up to half a minute
    std::string end_ephd();  // in good order; what was wrong with that

    void set_clock(int seconds) const;
    void fill_disk() const;
    void free_disk() const;

    std::optional<Json> get(const std::string& target) const;  // of ephd's API; nothing: no answer
    std::string ephd_said() const;
    static std::set<std::string> files(const fs::path& below);

private:
    void configure_ssh();
    void place_account();
    void mount_state() const;
    void start_ephd();

    const Plan& plan_;
    test::Variables person_;  // eph's
    test::Variables ephds_;
    std::unique_ptr<test::Program> ephd_;
    std::int64_t gone_since_ = 0;
    std::string said_;
};

}  // namespace eph::chaos

// Command lines and agents.
#include "tests/chaos/sessions.hpp"

#include <csignal>

namespace eph::chaos {
namespace {

std::string seconds(int ms) { return std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1); }

bool wants_terminal(Mode mode) { return mode == Mode::terminal || mode == Mode::command_terminal; }

}  // namespace

std::string agent_script(const PlannedSession& session, const std::string& base_url) {
    const std::string stay = "sleep " + seconds(session.lasts) + "\n";
    std::string text = "#!/bin/sh\n";
    switch (session.agent) {
        case Agent::quick:
            return text;
        case Agent::works:
            return text + stay;
        case Agent::asks:
            return text +
                   "for n in 1 2 3; do printf 'Authorization: Bearer %s' \"$OPENAI_API_KEY\" | curl -s -m 5 -H @- " +
                   "-H 'Content-Type: application/json' -d '{\"model\":\"gpt-5\",\"input\":\"hello\"}' "
                   "\"${OPENAI_BASE_URL:-" +
                   base_url + "}/responses\" >/dev/null; sleep " + seconds(session.lasts / 3) + "; done\n";
        case Agent::stubborn:
            return text + "trap '' HUP TERM INT\n" + stay;
        case Agent::forks:
            return text + "setsid sleep 1000 </dev/null >/dev/null 2>&1 &\n" + stay;
        case Agent::fails:
            return text + "exit 3\n";
        case Agent::dies:
            return text + stay + "kill -KILL $$\n";
        case Agent::talks:
            return text +
                   "n=0; while [ $n -lt 200 ]; do echo \"line $n of what the agent has to say\"; n=$((n+1)); done\n" +
                   stay;
    }
    return text;
}

Session::Session(Stage& stage, const PlannedSession& plan, int number) : stage_(stage), plan_(plan), number_(number) {
    const std::string base_url = "http://127.0.0.1:" + std::to_string(stage.to_provider.port()) + "/v1";
    test::write_file(agent(), agent_script(plan, base_url), fs::perms::owner_all);
}

std::vector<std::string> Session::words() const {
    const std::string ttl = std::to_string(plan_.ttl) + "s";
    const std::string path = agent();
    switch (plan_.mode) {
        case Mode::print:
            return {host(), "--ttl", ttl, "--agent-path", path, "do it"};
        case Mode::terminal:
            return {host(), "--ttl", ttl, "--agent-path", path};
        case Mode::command:
        case Mode::command_terminal:
            return {"exec", host(), "--ttl", ttl, "--", path};
        case Mode::broker:
            return {"exec", host(), "--via", "broker", "--ttl", ttl, "--", path};
        case Mode::local:
            return {"exec", "--local", "--ttl", ttl, "--", path};
        case Mode::manual:
            return {"exec", host(), "--ttl", ttl, "--key-command", "printf %s-of-%s sk-own-key " + host(), "--", path};
        case Mode::serving:
            return {"broker", "openai", "--ttl", ttl};
        case Mode::real_pi:
            return {host(), "--ttl", ttl, "say hello"};
        case Mode::key:
            return {"keys", "create", host(), "--ttl", ttl};
    }
    return {};
}

std::string Session::command() const {
    std::string text = "eph";
    for (const std::string& word : words()) text += " " + word;
    return text;
}

void Session::start() {
    began_ = now_ms();
    if (wants_terminal(plan_.mode)) {
        std::vector<std::string> line = words();
        line.insert(line.begin(), EPH);
        terminal_ = std::make_unique<test::Pty>(std::move(line), stage_.person());
        pid_ = terminal_->pid();
    } else {
        program_ = stage_.eph(words());
        pid_ = program_->pid();
    }
}

void Session::tick() {
    if (!running()) return;
    if (terminal_) (void)terminal_->screen();
    const bool goes_on = terminal_ ? terminal_->running() : program_->running();
    if (!goes_on) ended_ = now_ms();
    // It has no agent whose end would be its own.
    const bool enough = plan_.mode == Mode::serving && now_ms() > began_ + plan_.lasts;
    if (goes_on && enough && !asked_to_end_) signal(SIGINT);
    asked_to_end_ = asked_to_end_ || enough;
}

std::int64_t Session::over() const {
    if (plan_.mode == Mode::key) return std::max(ended_, began_ + plan_.ttl * 1000);  // it lives until its deadline
    return ended_;
}

void Session::signal(int number) const {
    if (running()) kill(pid_, number);
}

std::string Session::said() const {
    if (terminal_) return terminal_->screen();
    return program_ ? program_->out() + program_->err() : "";
}

}  // namespace eph::chaos

// Completion as a person has it: real shells, a Tab, and what then stands on the line.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Person {
    Person() {
        write_file(home.path(".ssh/config"), "Host web\n  HostName 192.0.2.1\n");
        write_file(home.path("plan.md"), "a task\n");
        const std::string bin = std::filesystem::path{EPH}.parent_path();
        write_file(home.path("bin/onlyoneofthatname"), "#!/bin/sh\n", std::filesystem::perms::owner_all);
        home.variables["PATH"] = home.path("bin").string() + ":" + bin + ":" + home.variables["PATH"];
        session = lease->event()->at("session").at("id");
    }

    Finished eph(std::vector<std::string> words) {
        words.insert(words.begin(), EPH);
        return Program{words, home.variables}.wait();
    }
    void install(const std::string& shell, const std::string& file) {
        write_file(home.path(file), eph({"completion", shell}).out);
    }

    Sim sim;
    TempHome home;
    Daemon ephd{home, sim};
    std::unique_ptr<LeaseConnection> lease = ephd.session({{"host", "web"}});
    std::string session;
};

// Types each line and a Tab, and looks at what is on the line then.
void try_lines(Pty& shell, const Person& person) {
    const std::string session = person.session;
    const std::pair<std::string, std::string> lines[] = {
        {"eph sto", "eph stop "},
        {"eph stop ", "eph stop " + session + " "},
        {"eph stop " + session.substr(0, 2), "eph stop " + session + " "},
        {"eph keys rev", "eph keys revoke "},
        {"eph we", "eph web "},
        {"eph root@we", "eph root@web "},
        {"eph web --thi", "eph web --thinking "},
        {"eph --thinking=mi", "eph --thinking=minimal "},
        {"eph web --task-file pla", "eph web --task-file plan.md "},
        {"eph web --task-file=pla", "eph web --task-file=plan.md "},
        {"eph exec web -- onlyone", "eph exec web -- onlyoneofthatname "},
        {"eph exec web -- ls pla", "eph exec web -- ls plan.md "},
        {"eph web look at pla", "eph web look at pla"},
        {"eph 'web' --thi", "eph 'web' --thinking "},
    };
    for (const auto& [line, expected] : lines) {
        INFO(line);
        shell.type(line + "\t\x07");
        shell.wait_for("[[" + expected + "]]");
        shell.type("\x15");
    }
}

void try_bash(const std::string& setup, Person& person) {
    if (!available("bash")) return;
    Pty shell{{"bash", "--norc", "--noprofile", "-i"}, person.home.variables};
    shell.type(" cd; bind -x '\"\\C-g\": echo \"[[$READLINE_LINE]]\"'; " + setup + "; echo rea''dy\r");
    shell.wait_for("ready");
    try_lines(shell, person);
}

void try_zsh(const std::string& setup, Person& person) {
    if (!available("zsh")) return;
    Pty shell{{"zsh", "-f", "-i"}, person.home.variables};
    shell.type(" cd; show() { print -r -- \"[[$BUFFER]]\" }; zle -N show; bindkey -e; bindkey '^G' show\r");
    shell.type(setup + "; echo rea''dy\r");
    shell.wait_for("ready");
    try_lines(shell, person);
}

std::string fish_offers(Person& person, const std::string& line) {
    Program fish{{"fish", "-c", "cd; complete -C " + line}, person.home.variables};
    return fish.wait().out;
}

}  // namespace

TEST_CASE("bash completes commands, hosts, live sessions, options and files by itself") {
    Person person;
    try_bash("eval \"$(eph completion bash)\"", person);
}

TEST_CASE("bash completes the same where its words break at blanks alone") {
    Person person;
    try_bash("COMP_WORDBREAKS=$' \\t\\n'; eval \"$(eph completion bash)\"", person);
}

TEST_CASE("bash-completion finds eph's completions where they are installed") {
    if (!std::filesystem::exists("/usr/share/bash-completion/bash_completion")) {
        (void)available("bash-completion");
        return;
    }
    Person person;
    person.install("bash", ".local/share/bash-completion/completions/eph");
    try_bash(". /usr/share/bash-completion/bash_completion", person);
}

TEST_CASE("zsh finds eph's completions on its fpath") {
    Person person;
    person.install("zsh", "functions/_eph");
    try_zsh("fpath=(~/functions $fpath); autoload -U compinit; compinit -u -D", person);
}

TEST_CASE("zsh takes eph's completions from a line of its start-up file") {
    Person person;
    try_zsh("autoload -U compinit; compinit -u -D; eval \"$(eph completion zsh)\"", person);
}

TEST_CASE("fish finds eph's completions, with descriptions") {
    if (!available("fish")) return;
    Person person;
    person.install("fish", "config/fish/completions/eph.fish");
    const std::pair<const char*, std::string> lines[] = {
        {"'eph sto'", "stop\tend a session and revoke its key\n"},
        {"'eph we'", "web\thost\n"},
        {"'eph root@we'", "root@web\thost\n"},
        {"'eph --thinking=mi'", "--thinking=minimal\n"},
        {"'eph web --task-file pla'", "plan.md\n"},
        {"'eph web --task-file=pla'", "--task-file=plan.md\n"},
        {"'eph exec web -- ls pla'", "plan.md\n"},
        {"'eph web look at pla'", ""},
    };
    for (const auto& [line, expected] : lines) {
        INFO(line);
        CHECK(fish_offers(person, line) == expected);
    }
    CHECK_THAT(fish_offers(person, "'eph exec web -- onlyone'"), Catch::Matchers::StartsWith("onlyoneofthatname"));
    CHECK_THAT(fish_offers(person, "'eph stop '"), Catch::Matchers::StartsWith(person.session + "\tweb, "));
}

TEST_CASE("completion knows live keys and accounts, and no credential of the shell's reaches ephd for it") {
    Person person;
    person.home.variables["OPENAI_ADMIN_KEY"] = "sk-admin-of-the-shell";
    person.home.variables["OPENAI_PROJECT_ID"] = "proj_of_the_shell";
    const std::string key = person.ephd.get("/v1/sessions").at("sessions").at(0).at("key");
    const std::string name = person.ephd.key(key).at("name");
    CHECK_THAT(person.eph({"__complete", "keys", "revoke", ""}).out,
               Catch::Matchers::Contains(key + "\t") && Catch::Matchers::Contains("\n" + name + "\t"));
    CHECK(person.ephd.get("/v1/accounts").at("accounts").size() == 1);
}

TEST_CASE("a Tab starts no ephd, waits for none, and complains of nothing") {
    TempHome home;
    home.variables.erase("EPH_NO_AUTOSTART");
    const auto ask = [&] { return Program{{EPH, "__complete", "stop", ""}, home.variables}.wait(5s); };
    const auto is_silent = [](const Finished& done) {
        return done.status == 0 && done.out.empty() && done.err.empty();
    };
    CHECK(is_silent(ask()));
    CHECK_FALSE(std::filesystem::exists(home.socket()));
    CHECK_FALSE(std::filesystem::exists(home.path("state/eph")));

    std::filesystem::create_directories(home.socket().parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    home.socket().string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int mute = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(mute, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(mute, 4) == 0);
    CHECK(is_silent(ask()));  // nobody ever answers
    close(mute);

    home.variables["HOME"] = home.path("nowhere");
    CHECK(Program{{EPH, "__complete", "nonsense", "--x=y", "-"}, home.variables}.wait(5s).err.empty());
    CHECK(Program{{EPH, "__complete"}, home.variables}.wait(5s).status == 0);
}

TEST_CASE("a shell that eph has no completions for is named") {
    TempHome home;
    const Finished done = Program{{EPH, "completion", "tcsh"}, home.variables}.wait();
    CHECK(done.status == 64);
    CHECK(done.err == "eph: there is no completion for the shell 'tcsh'\nKnown shells: bash, zsh, fish.\n");
}

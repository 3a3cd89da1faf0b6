// What is offered at the end of a command line, and the hosts of ssh's configuration.
#include "client/completion/complete.hpp"
#include "client/completion/ssh_hosts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;

namespace {

using Words = std::vector<std::string>;

std::vector<Candidate> source(Names names) {
    if (names == Names::host) return {{"web", ""}, {"db", ""}};
    if (names == Names::session) return {{"s1", ""}, {"s2", ""}};
    if (names == Names::key) return {{"k1", ""}, {"eph-ci-x", ""}};
    if (names == Names::account) return {{"work", ""}};
    if (names == Names::provider) return {{"openai", ""}, {"my-lab", ""}};
    return {};
}

Words offered(Words line) {
    const std::string current = line.back();
    line.pop_back();
    Words words;
    for (const Candidate& each : complete(line, current, source).candidates) words.push_back(each.word);
    return words;
}

}  // namespace

TEST_CASE("what may stand next on a command line is offered, and nothing else") {
    const std::pair<Words, Words> table[] = {
        {{"sto"}, {"stop"}},
        {{"ke"}, {"keys"}},
        {{"w"}, {"web"}},
        {{"root@"}, {"root@web", "root@db"}},
        {{"root@w"}, {"root@web"}},
        {{"keys", "r"}, {"revoke"}},
        {{"keys", "nonsense", ""}, {}},
        {{"run", ""}, {"web", "db"}},
        {{"run", "sto"}, {}},
        {{"--ttl", "1h", "sto"}, {}},  // behind an option a first word is a host
        {{"--ttl", "1h", ""}, {"web", "db"}},
        {{"--ttl", ""}, {}},
        {{"--", "d"}, {"db"}},
        {{"--", "-"}, {}},
        {{"web", ""}, {}},
        {{"web", "sto"}, {}},
        {{"web", "--thi"}, {"--thinking"}},
        {{"web", "--thinking", "m"}, {"minimal", "medium", "max"}},
        {{"web", "--thinking=mi"}, {"--thinking=minimal"}},
        {{"--thinking=mi"}, {"--thinking=minimal"}},
        {{"--provider=op"}, {"--provider=openai", "--provider=openrouter"}},
        {{"--provider", "my"}, {"my-lab"}},  // which only ephd's configuration knows
        {{"web", "--ttl=1"}, {}},
        {{"web", "fix", "--loc"}, {"--local"}},
        {{"web", "fix", "-x", "--loc"}, {"--local"}},
        {{"web", "--help"}, {"--help"}},
        {{"web", "fix", "--help"}, {}},
        {{"web", "--local", "--loc"}, {}},
        {{"web", "--nonsense", "--loc"}, {}},
        {{"--local", "w"}, {}},
        {{"stop", ""}, {"s1", "s2"}},
        {{"stop", "s1", ""}, {}},
        {{"stop", "--js"}, {"--json"}},
        {{"stop", "--json", "s2"}, {"s2"}},
        {{"keys", "revoke", "eph-"}, {"eph-ci-x"}},
        {{"keys", "revoke", "k"}, {"k1"}},
        {{"keys", "revoke", "k1", "k"}, {"k1"}},
        {{"extend", "s"}, {"s1", "s2"}},
        {{"extend", "s1", ""}, {}},
        {{"log", "-f", "--li"}, {"--lines"}},
        {{"log", "--lines", "-"}, {}},
        {{"exec", "we"}, {"web"}},
        {{"exec", "web", "--en"}, {"--env"}},
        {{"exec", "web", "ls", "--en"}, {}},
        {{"exec", "--local", "ls", "--en"}, {}},
        {{"keys", "create", "--scope", "x", "--sco"}, {"--scope"}},
        {{"keys", "create", ""}, {}},
        {{"completion", ""}, {"bash", "zsh", "fish"}},
        {{"help", "sta"}, {"status"}},
        {{"help", "keys", "cr"}, {"create"}},
        {{"help", "status", ""}, {}},
        {{"status", ""}, {}},
        {{"--vers"}, {"--version"}},
        {{"status", "--vers"}, {}},
    };
    for (const auto& [line, words] : table) {
        std::string text = "eph";
        for (const std::string& word : line) text += " " + word;
        INFO(text);
        CHECK(offered(line) == words);
    }
}

TEST_CASE("the first word offers every command once, and the hosts") {
    const Words first = offered({""});
    CHECK(std::count(first.begin(), first.end(), "keys") == 1);
    CHECK(std::count(first.begin(), first.end(), "status") == 1);
    CHECK(std::count(first.begin(), first.end(), "web") == 1);
}

TEST_CASE("every command of the table can be completed to its end") {
    for (const Command& command : commands) {
        INFO(command.name);
        const std::size_t space = command.name.find(' ');
        Words line{std::string{command.name.substr(0, space)}};
        const Words firsts = offered(line);
        CHECK(std::count(firsts.begin(), firsts.end(), line[0]) == 1);
        if (space == command.name.npos) continue;
        line.emplace_back(command.name.substr(space + 1));
        const Words seconds = offered(line);
        CHECK(std::count(seconds.begin(), seconds.end(), line[1]) == 1);
    }
}

TEST_CASE("a file's name is the shell's to complete") {
    const Completion apart = complete({"web", "--task-file"}, "no", source);
    CHECK(apart.also == Completion::Also::files);
    CHECK(apart.before_file.empty());
    const Completion together = complete({"web"}, "--task-file=no", source);
    CHECK(together.also == Completion::Also::files);
    CHECK(together.before_file == "--task-file=");
    CHECK(complete({"web"}, "no", source).also == Completion::Also::nothing);
}

TEST_CASE("behind exec's host come programs, and then files") {
    CHECK(complete({"exec", "web"}, "", source).also == Completion::Also::programs);
    CHECK(complete({"exec", "web", "--"}, "l", source).also == Completion::Also::programs);
    CHECK(complete({"exec", "--local", "--"}, "l", source).also == Completion::Also::programs);
    CHECK(complete({"exec", "web", "--", "ls"}, "no", source).also == Completion::Also::files);
    CHECK(complete({"exec", "web", "--", "ls", "-l"}, "--", source).also == Completion::Also::files);
}

TEST_CASE("hosts are read from ssh's configuration as ssh reads it") {
    const TempDirectory directory;
    std::filesystem::create_directories(directory / "conf.d/deeper");
    write_file(
        directory / "config",
        "# Host commented\nInclude conf.d/*.conf\nHost web db *.lan !not \"quoted\"\n  HostName 10.0.0.1\n"
        "host=equals\nHOST = spaced # Host comment\n\tHost tabbed\tagain web\nMatch host matched\n  User x\n"
        "Host -oProxyCommand=x $(id) `id` a;b c|d e&f\nInclude missing nowhere/*\nInclude config\nHost last\r\n");
    write_file(directory / "conf.d/one.conf", "Host included\nInclude conf.d/deeper/two\n");
    write_file(directory / "conf.d/deeper/two", "Host deep");
    const Words expected{"included", "deep", "web", "db", "quoted", "equals", "spaced", "tabbed", "again", "last"};
    CHECK(ssh_hosts(directory.path()) == expected);
}

TEST_CASE("files of ssh's configuration that include each other are read once each") {
    const TempDirectory directory;
    std::filesystem::create_directories(directory / "conf.d");
    write_file(directory / "config", "Include conf.d/*\nHost last\n");
    for (const char* name : {"a", "b", "c", "d"})
        write_file(directory / ("conf.d/" + std::string{name}), "Include conf.d/*\nHost " + std::string{name} + "\n");
    const Words hosts = ssh_hosts(directory.path());
    CHECK(hosts.size() == 5);
    CHECK(hosts.back() == "last");
}

TEST_CASE("without a configuration of ssh there are no hosts") {
    const TempDirectory directory;
    CHECK(ssh_hosts(directory.path()).empty());
    std::filesystem::create_directory(directory / "config");
    CHECK(ssh_hosts(directory.path()).empty());
}

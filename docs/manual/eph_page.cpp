// eph(1), from the table of commands.
#include <array>

#include <fmt/format.h>

#include "client/cli.hpp"
#include "common/providers.hpp"
#include "docs/manual/pages.hpp"

namespace eph::manual {
namespace {

void add_option(Page& page, const Option& option) {
    const std::string letter = option.letter ? fmt::format("-{}, ", option.letter) : "";
    page.entry(fmt::format("{}{}{}{}", letter, option.name, option.value.empty() ? "" : " ", option.value),
               fmt::format("{}{}", option.help, option.repeats ? " (may be given several times)" : ""));
}

void add_commands(Page& page) {
    page.section("COMMANDS");
    page.paragraph(
        "Ids and names may be shortened, as long as they fit only one. What lists things takes --json, for scripts.");
    for (const Group group : {Group::sessions, Group::keys, Group::accounts, Group::service, Group::more}) {
        for (const Command& command : commands) {
            const Prose& prose = prose_of(command);
            if (prose.group != group) continue;
            page.subsection(synopsis(command));
            page.paragraph(sentences_of(command));
            page.paragraph(prose.about);
            if (command.name == "run") {
                page.paragraph("Its options stand in the section OPTIONS.");
                continue;
            }
            for (const Option& option : command.options) add_option(page, option);
        }
    }
}

void add_providers(Page& page) {
    page.section("PROVIDERS");
    page.paragraph(
        "The names that --provider takes, and the variable in which eph looks for a key of yours. At OpenAI it makes "
        "keys "
        "and revokes them, with an admin key; elsewhere your key stays on this machine, and agents work through the "
        "broker. eph-config(5) says how to add others, and how to change these.");
    for (const ProviderRow& row : provider_rows()) {
        const std::string alias = row.alias.empty() ? "" : fmt::format(", {}", row.alias);
        std::string variables;
        for (const std::string& each : credential_variables(row.name))
            variables += (variables.empty() ? "" : " or ") + each;
        const std::string where = row.base_url.empty() ? "the base URL has to be named" : std::string{row.base_url};
        page.entry(fmt::format("{}{}", row.name, alias), fmt::format("{}: {}; {}{}", row.title, variables, where,
                                                                     row.needs_key ? "" : "; it may need no key"));
    }
}

void add_examples(Page& page) {
    page.section("EXAMPLES");
    for (const Command& command : commands) {
        for (const Example& each : prose_of(command).examples) page.example(each.line, each.what);
    }
}

constexpr std::string_view description =
    "eph lets an AI agent work on a remote host without leaving an API key there. It asks ephd(8), a small daemon on "
    "this "
    "machine, for a key that is made for this one session, opens one SSH connection, hands the key to the agent on the "
    "host "
    "without writing it to any disk, and has it revoked when the session ends, however it ends.\n"
    "ephd is started when it is needed. It knows every key that was ever asked for, and does not rest before the "
    "provider has confirmed that each is gone: also when eph is killed, the terminal is closed, or the network fails.\n"
    "A first word that is no command is a host, by any name that ssh(1) knows; what follows is the task. The task may "
    "also come from --task, from a file with --task-file, or from standard input with --task-file -.";

constexpr std::string_view security =
    "Root on the host, and other processes of the same user there, can see the key while the session lives; so can the "
    "commands that the agent runs. Afterwards it is worth nothing. Give disposable keys a project of their own, with a "
    "limit "
    "on its spending.\n"
    "Through the broker there is no key on the host. What can be seen there is a token, which opens the broker's port "
    "on that host's loopback and nothing else, for as long as the session lives and within its limits. Other users of "
    "the host can reach the port, and get nothing without the token.\n"
    "The agent has a shell on that host, as that user. eph does not judge its commands.\n"
    "Switched off for a session, whatever ssh's configuration says: forwarding of the SSH agent, of X11 and of ports "
    "(but the broker's), local and remote commands, and persistent masters.\n"
    "A task given as words stands in the local list of processes while eph runs; --task-file does not show it.";

}  // namespace

void add_environment(Page& page, reference::Program program) {
    page.section("ENVIRONMENT");
    for (const reference::Variable& each : reference::variables) {
        if (reference::reads(each.reader, program)) page.entry(each.names, each.detail);
    }
}

void add_files(Page& page) {
    page.section("FILES");
    for (const reference::File& each : reference::files) {
        page.entry(each.path, fmt::format("{}{}", each.what,
                                          each.on_macos.empty() ? "" : fmt::format(" On macOS: {}", each.on_macos)));
    }
}

std::string eph_page() {
    Page page{"eph", 1, "run an AI agent on a remote host, with an API key that dies with the session"};
    page.section("SYNOPSIS");
    page.synopsis("eph", "[options] <host> [task...]");
    page.synopsis("eph", "[options] --local [task...]");
    page.synopsis("eph", "<command> [options] [...]");
    page.section("DESCRIPTION");
    page.paragraph(description);
    add_commands(page);
    page.section("OPTIONS");
    for (const Option& option : find_command("run")->options) add_option(page, option);
    page.entry("-h, --help", "an overview; after a command, that command's help");
    page.entry("--version", "eph's version");
    page.entry("--", "all that follows is the host and the task");
    add_providers(page);
    add_environment(page, reference::Program::eph);
    add_files(page);
    page.section("EXIT STATUS");
    for (const reference::ExitStatus& each : reference::exit_statuses) {
        page.entry(each.status, fmt::format("{}{}{}", each.meaning, each.remedy.empty() ? "" : " ", each.remedy));
    }
    add_examples(page);
    page.section("SECURITY");
    page.paragraph(security);
    page.see_also("ephd(8), eph-config(5), ssh(1), ssh_config(5)");
    return page.text();
}

}  // namespace eph::manual

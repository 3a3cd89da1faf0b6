// Parsing of ephd's command line.
#include "daemon/options.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/reference.hpp"

namespace eph {
namespace {

constexpr const char* description =
    "ephd makes, records and revokes disposable API keys for eph. It is usually started by eph itself, by systemd or "
    "by "
    "launchd; it runs in the foreground and ends on SIGTERM. Admin keys stay in its memory and go nowhere but to the "
    "provider.";

void add_options(CLI::App& app, Options& options) {
    app.add_option("--socket", options.socket, "Unix socket to listen on, unless one is handed over")
        ->option_text("PATH");
    app.add_option("--ledger", options.ledger, "SQLite file with every key and session")->option_text("PATH");
    app.add_option("--config", options.config, "configuration file")->option_text("PATH");
    app.add_option("--log-file", options.log_file,
                   "write the log there (rotated at 1 MB, one old file) instead of to standard error")
        ->option_text("PATH");
    app.add_option("--ready-fd", options.ready_descriptor,
                   "descriptor that gets one byte when ephd is ready (for who starts it)")
        ->option_text("NUMBER");
    app.add_flag("-v,--verbose", options.verbose, "log every step");
    app.set_version_flag("--version", "ephd " EPH_VERSION, "ephd's version");
    app.set_help_flag("-h,--help", "this help");
}

std::string environment_text() {
    std::string text = "Environment:\n";
    for (const reference::Variable& each : reference::variables) {
        if (reference::reads(each.reader, reference::Program::ephd))
            text += fmt::format("  {}\n      {}\n", each.names, each.brief);
    }
    return text + "More: man ephd, man eph-config";
}

}  // namespace

std::string describe_daemon() { return description; }

std::vector<OptionText> describe_options() {
    Options options;
    CLI::App app;
    add_options(app, options);
    std::vector<OptionText> texts;
    for (const CLI::Option* each : app.get_options()) {
        texts.push_back({each->get_name(false, true), each->get_option_text(), each->get_description()});
    }
    return texts;
}

ParsedOptions parse_options(int argc, char** argv) {
    Options options;
    options.socket = socket_path();
    options.ledger = ledger_path();
    options.config = config_path();
    CLI::App app{description, "ephd"};
    add_options(app, options);
    app.footer(fmt::format("Defaults:\n  --socket {}\n  --ledger {}\n  --config {}\n\n{}", options.socket.string(),
                           options.ledger.string(), options.config.string(), environment_text()));
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return {options, 0};
    } catch (const CLI::CallForVersion& version) {
        std::cout << version.what() << "\n";
        return {options, 0};
    } catch (const CLI::ParseError& error) {
        std::cerr << "ephd: " << error.what() << "\nSee ephd --help.\n";
        return {options, exit_status(Code::usage)};
    }
    return {options, std::nullopt};
}

}  // namespace eph

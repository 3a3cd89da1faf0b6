// Parsing of ephd's command line.
#include "daemon/options.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "common/error.hpp"
#include "common/paths.hpp"

namespace eph {

ParsedOptions parse_options(int argc, char** argv) {
    Options options;
    options.socket = socket_path();
    options.ledger = ledger_path();
    options.config = config_path();
    CLI::App app{
        "ephd makes, records and revokes disposable API keys for eph. It is usually started by eph itself, by systemd "
        "or by\n"
        "launchd; it runs in the foreground and ends on SIGTERM. Admin keys stay in its memory and go nowhere but to "
        "the provider.",
        "ephd"};
    app.footer(
        "Environment:\n"
        "  OPENAI_ADMIN_KEY, OPENAI_PROJECT_ID  the account, before what the configuration says\n"
        "  EPH_OPENAI_BASE_URL                  where OpenAI's API is, /v1 included (plain http only to loopback)\n"
        "  CREDENTIALS_DIRECTORY                systemd credentials openai-admin-key and openai-project-id\n"
        "  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE as curl has them\n"
        "  EPH_SOCKET, XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CONFIG_HOME  where things stand");
    app.add_option("--socket", options.socket, "Unix socket to listen on, unless one is handed over")
        ->capture_default_str();
    app.add_option("--ledger", options.ledger, "SQLite file with every key and session")->capture_default_str();
    app.add_option("--config", options.config, "configuration file")->capture_default_str();
    app.add_option("--log-file", options.log_file,
                   "write the log there (rotated at 1 MB, one old file) instead of to standard error");
    app.add_option("--ready-fd", options.ready_descriptor,
                   "descriptor that gets one byte when ephd is ready (for who starts it)");
    app.add_flag("-v,--verbose", options.verbose, "log every step");
    app.set_version_flag("--version", "ephd " EPH_VERSION);
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

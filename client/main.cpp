// eph: parses the command line, runs the command, and says what failed.
#include <csignal>
#include <exception>
#include <iostream>

#include "client/cli.hpp"
#include "client/commands/account.hpp"
#include "client/commands/commands.hpp"
#include "client/secret_environment.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"
#include "common/harden.hpp"

int main(int argc, char** argv) {
    eph::harden_process();  // eph holds a disposable key for a moment, and perhaps an admin key in its environment
    eph::lock_environment();
    try {
        if (argc > 1 && std::string_view{argv[1]} == "__complete") return eph::complete_words({argv + 2, argv + argc});
        const eph::Invocation invocation = eph::parse_command_line({argv + 1, argv + argc});
        if (invocation.command == nullptr) {
            std::cout << invocation.help;
            return 0;
        }
        eph::choose_account(invocation.arguments);
        eph::bring_account(*invocation.command, invocation.arguments);
        const int status = invocation.command->run(invocation.arguments);
        return eph::stdout_is_whole() ? status : 128 + SIGPIPE;
    } catch (const eph::Declined& no) {
        eph::Progress{}.fail(no.why);
        return 1;
    } catch (const eph::Error& error) {
        eph::Progress{}.fail(error);
        return eph::exit_status(error.code());
    } catch (const std::exception& error) {
        eph::Progress{}.fail(eph::Error{eph::Code::internal, "{}", error.what()}.hint(
            "That is a fault of eph's own: please report it, with what you did."));
        return eph::exit_status(eph::Code::internal);
    }
}

// ephd: makes, records and revokes disposable keys, for eph.
#include <sys/stat.h>

#include <exception>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "common/async/wipe_stack.hpp"
#include "common/error.hpp"
#include "common/harden.hpp"
#include "daemon/app.hpp"
#include "daemon/log.hpp"
#include "daemon/options.hpp"
#include "daemon/process.hpp"

namespace eph {
namespace {

int serve(const Options& options, FoundCredentials found) {
    // Of one thread, but for looking up names and flushing the ledger, which touch no descriptor of its own.
    asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    App app{context, options, std::move(found)};
    std::exception_ptr failure;
    asio::co_spawn(context, app.run(), [&](std::exception_ptr thrown) {
        failure = thrown;
        context.stop();
    });
    run_and_wipe(context);
    if (failure) std::rethrow_exception(failure);
    return 0;
}

}  // namespace
}  // namespace eph

int main(int argc, char** argv) {
    eph::harden_process();
    umask(077);
    eph::FoundCredentials found = eph::take_environment_credentials();
    try {
        const eph::ParsedOptions parsed = eph::parse_options(argc, argv);
        if (parsed.exit_status) return *parsed.exit_status;
        eph::start_log(parsed.options);
        return eph::serve(parsed.options, std::move(found));
    } catch (const eph::Error& error) {
        std::cerr << "ephd: " << error.message() << "\n";
        if (!error.hint().empty()) std::cerr << error.hint() << "\n";
        return eph::exit_status(error.code());
    } catch (const std::exception& error) {
        std::cerr << "ephd: " << error.what() << "\n";
        return eph::exit_status(eph::Code::internal);
    }
}

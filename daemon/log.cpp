// Choosing where the log goes, and how its lines begin.
#include "daemon/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/paths.hpp"

namespace eph {
namespace {

// sd-daemon(3): a line that begins with <3> is an error, <4> a warning, <6> for information, <7> for debugging.
class Priority : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& text) override {
        const int level = message.level >= spdlog::level::err    ? 3
                          : message.level == spdlog::level::warn ? 4
                          : message.level == spdlog::level::info ? 6
                                                                 : 7;
        fmt::format_to(std::back_inserter(text), "<{}>", level);
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

// systemd.exec(5): standard error is the journal's when it is the very file that JOURNAL_STREAM names.
bool stderr_is_journal() {
    struct stat info {};
    if (fstat(STDERR_FILENO, &info) != 0) return false;
    return environment("JOURNAL_STREAM") == fmt::format("{}:{}", info.st_dev, info.st_ino);
}

void log_to_journal() {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<Priority>('*').set_pattern("%*%v");  // the journal has the time and the program's name
    auto logger = spdlog::stderr_logger_mt("ephd");
    logger->set_formatter(std::move(formatter));
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace

void start_log(const Options& options) {
    if (!options.log_file.empty()) {
        make_private_directory(options.log_file.parent_path());
        spdlog::set_default_logger(spdlog::rotating_logger_mt("ephd", options.log_file.string(), 1024 * 1024, 1));
    } else if (stderr_is_journal()) {
        log_to_journal();
    } else {
        spdlog::set_default_logger(spdlog::stderr_color_mt("ephd"));
    }
    spdlog::set_level(options.verbose ? spdlog::level::debug : spdlog::level::info);
    spdlog::flush_on(spdlog::level::info);
}

}  // namespace eph

// Lines on standard error.
#include "client/terminal/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include "client/terminal/terminal.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::string_view plain = "";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view clear_line = "\r\x1b[K";

void put(const std::string& text) { (void)!write(STDERR_FILENO, text.data(), text.size()); }

}  // namespace

std::string progress_bar(std::int64_t done, std::int64_t total) {
    constexpr std::int64_t width = 30;
    const std::int64_t full = total <= 0 ? 0 : width * std::clamp<std::int64_t>(done, 0, total) / total;
    return fmt::format("[{:#<{}}{:-<{}}] {}/{}", "", full, "", width - full, done, total);
}

Progress::Progress() : terminal_(stderr_moves()), colours_(colours_wanted()) {}

void Progress::step(std::string_view text) {
    if (text == last_) return;
    last_ = text;
    if (!terminal_) {
        put(fmt::format("eph: {}\n", text));
        return;
    }
    put(fmt::format("{}eph: {} ", clear_line, text));
    shown_ = true;
}

void Progress::clear() {
    if (shown_) put(std::string{clear_line});
    shown_ = false;
}

void Progress::line(std::string_view colour, std::string_view text) {
    clear();
    const bool coloured = colours_ && !colour.empty();
    put(fmt::format("{}{}{}{}{}", raw_ ? "\r" : "", coloured ? colour : plain, text, coloured ? reset : plain,
                    raw_ ? "\r\n" : "\n"));
}

void Progress::say(std::string_view text) { line(plain, fmt::format("eph: {}", text)); }
void Progress::warn(std::string_view text) { line(yellow, fmt::format("eph: {}", text)); }

void Progress::fail(const Error& error) {
    line(red, fmt::format("eph: {}", printable(error.message(), 2000)));
    if (!error.hint().empty()) line(plain, printable(error.hint(), 1000));
}

void Progress::relay(std::string_view text) {
    const std::string clean = printable(text, 1000);
    if (!clean.empty()) line(plain, clean);
}

}  // namespace eph

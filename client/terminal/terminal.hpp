// The person's terminal: what it can do, its saved state, its title, questions without echo.
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/secret.hpp"

namespace eph {

bool has_terminal();  // stdin and stdout both are one: the agent can have a screen
// Flushes std::cout. False when its reader has gone, as head(1) does. Throws Error{storage} when it took not all.
bool stdout_is_whole();
bool stderr_moves();    // a terminal that knows how to go back over a line
bool colours_wanted();  // on standard error: a terminal, and no NO_COLOR (no-color.org)

// Remembers the terminal's modes and puts them back when it goes, whatever a child that died left behind.
class SavedTerminal {
public:
    SavedTerminal();
    ~SavedTerminal() { restore(); }
    SavedTerminal(const SavedTerminal&) = delete;
    SavedTerminal& operator=(const SavedTerminal&) = delete;
    void restore();

private:
    std::optional<termios> modes_;
};

// Undoes what a full-screen program that was cut off leaves on: a hidden cursor, mouse reports, bracketed paste, the
// other screen, kitty's keyboard protocol.
void reset_screen();

// Shows `text` in the terminal's title while it lives; xterm's title stack (CSI 22/23 t) brings back the old one.
class Title {
public:
    ~Title();
    void set(std::string_view text);

private:
    bool changed_ = false;
};

// One line from the terminal without echo, or from stdin where that is a pipe. Nothing at end of input.
std::optional<Secret> ask_secret(std::string_view question);
std::optional<std::string> ask(std::string_view question);

}  // namespace eph

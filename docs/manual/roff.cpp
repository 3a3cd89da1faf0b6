// Escaping, and the few macros that are used: TH SH SS PP TP EX EE B BR.
#include "docs/manual/roff.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace eph::manual {
namespace {

// A - that is typed must not become a hyphen; a line that begins with . or ' would be a macro.
std::string escaped(std::string_view text) {
    std::string result;
    bool line_begins = true;
    for (const char each : text) {
        if (line_begins && (each == '.' || each == '\'')) result += "\\&";
        line_begins = each == '\n';
        switch (each) {
            case '\\':
                result += "\\e";
                break;
            case '-':
                result += "\\-";
                break;
            case '~':
                result += "\\(ti";
                break;
            case '^':
                result += "\\(ha";
                break;
            case '\'':
                result += "\\(aq";
                break;
            case '`':
                result += "\\(ga";
                break;
            default:
                result += each;
        }
    }
    return result;
}

// As an argument of a macro.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char each : escaped(text)) result += each == '"' ? std::string{"\\(dq"} : std::string{each};
    return result + "\"";
}

std::string upper(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char each) { return static_cast<char>(std::toupper(each)); });
    return result;
}

}  // namespace

Page::Page(std::string_view name, int number, std::string_view brief) {
    text_ = fmt::format(".\\\" Written by docs/manual from the tables that --help is made of.\n.TH {} {} {} {} {}\n",
                        quoted(upper(name)), number, EPH_RELEASE_DATE, quoted("eph " EPH_VERSION),
                        quoted(number == 1   ? "User Commands"
                               : number == 5 ? "File Formats"
                                             : "System Administration"));
    section("NAME");
    text_ += fmt::format("{} \\- {}\n", escaped(name), escaped(brief));
}

void Page::section(std::string_view title) { text_ += fmt::format(".SH {}\n", quoted(title)); }
void Page::subsection(std::string_view title) { text_ += fmt::format(".SS {}\n", quoted(title)); }

// A sentence a line, so that roff puts its own space behind it.
void Page::lines(std::string_view text) {
    std::string line = escaped(text);
    for (std::size_t at = line.find(". "); at != line.npos; at = line.find(". ", at + 1)) line[at + 1] = '\n';
    text_ += line + "\n";
}

// The first paragraph of a section needs no macro.
void Page::begin_paragraph() {
    const std::size_t last = text_.rfind('\n', text_.size() - 2) + 1;
    const std::string_view line = std::string_view{text_}.substr(last);
    if (!line.starts_with(".SH ") && !line.starts_with(".SS ")) text_ += ".PP\n";
}

void Page::paragraph(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) {
            begin_paragraph();
            lines(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void Page::synopsis(std::string_view program, std::string_view rest) {
    begin_paragraph();
    text_ += fmt::format(".B {}\n", quoted(program));
    if (!rest.empty()) text_ += escaped(rest) + "\n";
}

void Page::entry(std::string_view term, std::string_view text) {
    text_ += fmt::format(".TP\n.B {}\n", quoted(term));
    lines(text);
}

void Page::example(std::string_view line, std::string_view text) {
    paragraph(text);
    verbatim(line);
}

void Page::verbatim(std::string_view text) {
    begin_paragraph();
    text_ += fmt::format(".RS 4\n.EX\n{}\n.EE\n.RE\n", escaped(text));
}

void Page::see_also(std::string_view pages) {
    section("SEE ALSO");
    while (!pages.empty()) {
        const std::size_t open = pages.find('(');
        const std::size_t end = std::min(pages.find(' '), pages.size());
        text_ += fmt::format(".BR {} {}\n", quoted(pages.substr(0, open)), pages.substr(open, end - open));
        pages.remove_prefix(std::min(end + 1, pages.size()));
    }
}

}  // namespace eph::manual

// Writes a manual page with the macros of man(7).
#pragma once

#include <string>
#include <string_view>

namespace eph::manual {

class Page {
public:
    // name "ephd", section 8, and one line for NAME.
    Page(std::string_view name, int section, std::string_view brief);

    void section(std::string_view title);
    void subsection(std::string_view title);
    void paragraph(std::string_view text);                           // line breaks begin new paragraphs
    void synopsis(std::string_view program, std::string_view rest);  // one form of a command line
    void entry(std::string_view term, std::string_view text);        // a term, and indented what it means
    void example(std::string_view line, std::string_view text);
    void verbatim(std::string_view text);
    void see_also(std::string_view pages);  // "ephd(8), ssh(1)"

    const std::string& text() const { return text_; }

private:
    void begin_paragraph();
    void lines(std::string_view text);

    std::string text_;
};

}  // namespace eph::manual

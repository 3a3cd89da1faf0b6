// Text that others wrote, ids, and directories and secrets in their smallest parts.
#include "common/text.hpp"

#include <set>

#include "common/ids.hpp"
#include "tests/support/catch.hpp"

using namespace eph;

TEST_CASE("text from outside cannot steer a terminal") {
    const std::pair<std::string, const char*> table[] = {
        {"plain", "plain"},
        {"\x1b[31mred\x1b[0m", "[31mred[0m"},
        {"\x1b]0;title\a", "]0;title"},
        {"a\r\nb\tc", "a b c"},
        {"\n\na \n\n", "a"},
        {"a\bb\x7f", "ab"},
        {std::string{"a\0b", 3}, "ab"},
        {"\xc2\x9b"
         "31mx",
         "31mx"},                                  // CSI of the C1 block
        {"\xc2\x80\xc2\x9f\xc2\xa0", "\xc2\xa0"},  // the whole block, and what follows it
        {"\x9b"
         "31m",
         "31m"},  // a bare C1 byte is no UTF-8
        {"grüße ✓ 🎉", "grüße ✓ 🎉"},
        {"a\xe2\x80\xae"
         "txt.exe",
         "atxt.exe"},  // right-to-left override
        {"a\xe2\x81\xa6"
         "b\xe2\x81\xa9",
         "ab"},  // isolates
        {"a\xe2\x80\x8b"
         "b\xe2\x80\x8f",
         "ab"},  // zero width, right-to-left mark
        {"a\xd8\x9c"
         "b",
         "ab"},  // Arabic letter mark
        {"a\xef\xbb\xbf"
         "b",
         "ab"},  // byte order mark
        {"a\xe2\x80\xa8"
         "b",
         "ab"},  // line separator
        {"", ""},
    };
    for (const auto& [text, clean] : table) CHECK(printable(text) == clean);
}

TEST_CASE("bytes that are not UTF-8 are left out") {
    for (const char* bad :
         {"\xff", "\xc0\xaf", "\xc1\x81", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x8e", "\x80", "\xbf"}) {
        CHECK(printable("a" + std::string{bad}) == "a");
        CHECK(printable(std::string{bad} + "b").ends_with("b"));
    }
}

TEST_CASE("a long text is cut between characters") {
    CHECK(printable(std::string(1000, 'x'), 10) == "xxxxxxxxxx...");
    CHECK(printable("üüü", 5) == "üü...");
    CHECK(printable("12345", 5) == "12345");
}

TEST_CASE("white space goes off both ends and stays within") {
    CHECK(trim(" \t\r\n a b \v\f") == "a b");
    CHECK(trim("   ").empty());
    CHECK(trim("").empty());
}

TEST_CASE("lower case means ASCII, whatever the locale") { CHECK(lower("AbZ-\xc3\x9c") == "abz-\xc3\x9c"); }

TEST_CASE("control characters are told from the rest") {
    CHECK(has_control("a\n"));
    CHECK(has_control(std::string_view{"\0", 1}));
    CHECK(has_control("\x7f"));
    CHECK_FALSE(has_control("a ~ü"));
}

TEST_CASE("ids are short, random and plain") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const KeyId id = KeyId::make();
        CHECK(id.text().size() == 10);
        CHECK(is_id_text(id.text()));
        CHECK(seen.insert(id.text()).second);
    }
    CHECK(KeyId{}.empty());
    CHECK(random_text(0).empty());
    CHECK(random_text(1000).size() == 1000);
}

TEST_CASE("a line break at the limit of a text is beyond it, too") {
    CHECK(printable("ab\ncd", 2) == "ab...");
    CHECK(printable("ab\ncd", 3) == "ab ...");
}

TEST_CASE("an id never holds what a path, a shell or SQL would read as something else") {
    for (const char* text : {"", "A", "a b", "a/b", "..", "a%", "a'", "a\n", "ü", "a-b"}) CHECK_FALSE(is_id_text(text));
    CHECK_FALSE(is_id_text(std::string(65, 'a')));
    CHECK(is_id_text(std::string(64, 'a')));
}

TEST_CASE("random text has no favourite letters") {
    std::string text = random_text(36'000);
    for (const char c : std::string{"abcdefghijklmnopqrstuvwxyz0123456789"}) {
        const auto count = std::count(text.begin(), text.end(), c);
        CHECK(count > 800);
        CHECK(count < 1200);
    }
}

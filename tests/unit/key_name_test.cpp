// The names by which keys of this kind are known everywhere.
#include "common/key_name.hpp"
#include "common/ids.hpp"
#include "tests/support/catch.hpp"

using namespace eph;
using namespace std::chrono;

namespace {

const Timestamp from = sys_days{year{2026} / 11 / 23} + hours{12} + minutes{5} + seconds{9};
const Timestamp until = from + hours{2};

Timestamp at(const char* text) { return parse_compact_utc(text).value(); }

}  // namespace

TEST_CASE("a key's name holds its label and both its moments") {
    const KeyName name = new_key_name("web-1.example.com", from, until);
    CHECK(name.text().starts_with("eph-web-1.example.com-20261123T120509Z-exp-20261123T140509Z-"));
    CHECK(name.random.size() == 10);
    CHECK(is_id_text(name.random));
}

TEST_CASE("a key's name reads back as it was made") {
    for (const char* label : {"web", "a-b-c", "x.y_z", "session", "1", "exp", "a-exp-b", "a-exp-20200101t000000z",
                              "20260101t000000z", "a-exp-20200101t000000z-b", "exp-20200101t000000z"}) {
        INFO(label);
        const KeyName made = new_key_name(label, from, until);
        const auto read = parse_key_name(made.text());
        REQUIRE(read);
        CHECK(read->label == label);
        CHECK(read->from == from);
        CHECK(read->until == until);
        CHECK(read->random == made.random);
        CHECK(read->text() == made.text());
    }
}

TEST_CASE("two keys never have the same name") {
    CHECK(new_key_name("a", from, until).text() != new_key_name("a", from, until).text());
}

TEST_CASE("a name never promises more life than the key has, nor less than it was given") {
    const KeyName name = new_key_name("a", from + milliseconds{999}, until + milliseconds{1});
    CHECK(name.from == from);
    CHECK(name.until == until + seconds{1});
}

TEST_CASE("a name with a later end is the same name but for its end") {
    struct Row {
        const char* name;
        Timestamp until;
        const char* expected;
    };
    const Row table[] = {
        {"eph-web-20261123T120509Z-exp-20261123T140509Z-a1b2c3", until + hours{1},
         "eph-web-20261123T120509Z-exp-20261123T150509Z-a1b2c3"},
        {"eph-web-20261123T120509Z-exp-20261123T140509Z-a1b2c3", until + milliseconds{1},
         "eph-web-20261123T120509Z-exp-20261123T140510Z-a1b2c3"},
        {"eph-a-exp-b-20261123T120509Z-exp-20261123T140509Z-x", until + hours{24},
         "eph-a-exp-b-20261123T120509Z-exp-20261124T140509Z-x"},
        {"eph-web-exp-20261123T140509Z", until + hours{1}, "eph-web-exp-20261123T150509Z"},
        {"production", until, "production"},
        {"eph-web", until, "eph-web"},
        {"", until, ""},
    };
    for (const Row& row : table) {
        INFO(row.name);
        CHECK(name_with_end(row.name, row.until) == row.expected);
    }
    const KeyName made = new_key_name("web", from, until);
    CHECK(name_with_end(name_with_end(made.text(), until + hours{1}), until) == made.text());
}

TEST_CASE("names that other tools of this kind made are understood") {
    const auto original = parse_key_name("eph-portainer-20260615T120000Z-exp-20260615T140000Z-a1b2c3");
    REQUIRE(original);
    CHECK(original->label == "portainer");
    CHECK(original->from == at("20260615T120000Z"));
    CHECK(original->until == at("20260615T140000Z"));
    CHECK(original->random == "a1b2c3");

    const auto lower_case = parse_key_name("eph-x-20260615t120000z-exp-20260615t140000z-a1b2c3");
    REQUIRE(lower_case);
    CHECK(lower_case->until == at("20260615T140000Z"));

    const auto bare = parse_key_name("eph-web-exp-20260615T140000Z");
    REQUIRE(bare);
    CHECK(bare->label == "web");
    CHECK_FALSE(bare->from);
    CHECK(bare->random.empty());

    const auto no_label = parse_key_name("eph-20260615T120000Z-exp-20260615T140000Z-a1");
    REQUIRE(no_label);
    CHECK(no_label->label.empty());
    CHECK(no_label->from == at("20260615T120000Z"));
}

TEST_CASE("a moment that is glued to the label is part of the label") {
    const auto name = parse_key_name("eph-abc20260615T120000Z-exp-20260615T140000Z-r");
    REQUIRE(name);
    CHECK(name->label == "abc20260615T120000Z");
    CHECK_FALSE(name->from);
}

TEST_CASE("a name that no tool of this kind made is left alone") {
    for (const char* name : {"",
                             "eph",
                             "eph-",
                             "eph-web",
                             "ci-deploy",
                             "production",
                             "ephemeral-web-20260615T120000Z-exp-20260615T140000Z-a1",
                             "my-eph-web-20260615T120000Z-exp-20260615T140000Z-a1",
                             "eph-web-20260615T120000Z",
                             "eph-web-exp-",
                             "eph-web-exp-soon",
                             "eph-web-exp-2026-06-15",
                             "eph-web-exp-20261315T140000Z-a1",
                             "eph-web-exp-20260631T140000Z-a1",
                             "eph-web-exp-20260615T240000Z-a1",
                             "eph-web-exp-20260615T140000",
                             "eph-web-exp-20260615T140000Zx",
                             "eph-web-exp-20260615T140000ZZ-a1",
                             "EPH-web-exp-20260615T140000Z-a1",
                             " eph-web-exp-20260615T140000Z-a1",
                             "eph-web_exp_20260615T140000Z-a1",
                             "eph-web-exp-0000000000000000-a1",
                             "eph-web-exp-+0260615T140000Z-a1",
                             "eph-web-exp- 0260615T140000Z-a1"}) {
        INFO(name);
        CHECK_FALSE(parse_key_name(name));
    }
}

TEST_CASE("any text becomes a label") {
    const std::pair<const char*, const char*> table[] = {
        {"web", "web"},
        {"Web-1.Example.COM", "web-1.example.com"},
        {"user@host", "user-host"},
        {"", "session"},
        {"---", "session"},
        {"@@@", "session"},
        {" a  b ", "a-b"},
        {"a/../b", "a-..-b"},
        {"münchen", "m-nchen"},
        {"a\x1b[31mb", "a-31mb"},
        {"_x_", "_x_"},
        {"a--b", "a-b"},
        {"-a-", "a"},
        {"ssh://root@10.0.0.1:22", "ssh-root-10.0.0.1-22"},
    };
    for (const auto& [wanted, label] : table) {
        INFO(wanted);
        CHECK(clean_label(wanted) == label);
        CHECK(clean_label(clean_label(wanted)) == label);
    }
    CHECK(clean_label(std::string(1000, 'a')) == std::string(40, 'a'));
    CHECK(clean_label(std::string(39, 'a') + "@b") == std::string(39, 'a'));
    CHECK(clean_label(std::string(100'000, '@')) == "session");
}

TEST_CASE("a name with anything but plain characters is of no tool of this kind") {
    for (const char* odd : {"\n", "\x1b[31m", " ", "\x7f", "\xc3\xa9", "\x9b"}) {
        CHECK_FALSE(parse_key_name(std::string{"eph-a"} + odd + "-exp-20200101T000000Z"));
        CHECK_FALSE(parse_key_name(std::string{"eph-a-exp-20200101T000000Z-"} + odd));
    }
    CHECK(parse_key_name("eph-a-exp-20200101T000000Z"));
}

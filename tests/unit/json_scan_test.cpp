// The incremental reader of JSON, against a table, against nlohmann's reader, and cut at every place.
#include "daemon/broker/json_scan.hpp"

#include <random>

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/pieces.hpp"

using namespace eph;
using namespace eph::test;
using nlohmann::json;
using Kind = JsonValue::Kind;

namespace {

JsonScan scanned(const std::string& text, const std::vector<std::string>& places,
                 JsonScan::Names names = JsonScan::Names::exact) {
    JsonScan scan{places, names};
    scan.push(text);
    return scan;
}

// Any document, with every kind of value, names that the places have, and strings that are hard to read.
json any_document(std::mt19937& random, int depth) {
    const char* const texts[] = {"",   "model", "a\"b", "\\",   "\\\"", "ü\n\t", "{\"model\":1}",
                                 "]}", "\x01",  "🎉",    "usage"};
    const char* const names[] = {"model", "usage", "a", "x\"", "input", ""};
    switch (random() % (depth > 4 ? 6 : 8)) {
        case 0:
            return nullptr;
        case 1:
            return random() % 2 == 0;
        case 2:
            return static_cast<std::int64_t>(random()) - (1 << 30);
        case 3:
            return static_cast<double>(random()) / 1e5;
        case 4:
        case 5:
            return texts[random() % std::size(texts)];
        case 6: {
            json array = json::array();
            for (auto n = random() % 4; n > 0; --n) array.push_back(any_document(random, depth + 1));
            return array;
        }
        default: {
            json object = json::object();
            for (auto n = random() % 5; n > 0; --n)
                object[names[random() % std::size(names)]] = any_document(random, depth + 1);
            return object;
        }
    }
}

void check_same(const JsonValue& found, const json& document, const std::string& pointer) {
    const json::json_pointer at{pointer};
    INFO(pointer << " in " << document.dump());
    if (!document.contains(at)) {
        CHECK(found.times == 0);
        return;
    }
    const json& value = document[at];
    CHECK(found.times == 1);
    if (value.is_string()) {
        CHECK(found.kind == Kind::string);
        CHECK(found.text == value.get<std::string>());
    } else if (value.is_structured()) {
        CHECK(found.kind == Kind::container);
    } else {
        CHECK(found.kind == (value.is_number() ? Kind::number : Kind::word));
        CHECK(found.text == value.dump());
    }
}

}  // namespace

TEST_CASE("values are found at their places however the bytes are cut") {
    const std::string text = R"( {"a":"{\"model\":1}", "x":[{"model":"no"},"\\"], "usage" : {"in":12,"d":{"c":3.5e1}},
        "n\u0061me":"\u00fc\ud83c\udf89\"\\\/\b", "yes":true,"none":null, "model" :"gpt-5\n"}  )";
    in_all_pieces(text, [](auto push) {
        JsonScan scan{{"/model", "/usage/in", "/usage/d/c", "/name", "/yes", "/none", "/x", "/missing"}};
        push(scan);
        REQUIRE(scan.complete());
        CHECK(scan.at(0).text == "gpt-5\n");
        CHECK(scan.at(1).text == "12");
        CHECK(scan.at(2).text == "3.5e1");
        CHECK(scan.at(3).text == "ü🎉\"\\/\b");
        CHECK(scan.at(4).text == "true");
        CHECK(scan.at(5).text == "null");
        CHECK(scan.at(6).kind == Kind::container);
        CHECK(scan.at(7).times == 0);
    });
}

TEST_CASE("any document is read as another reader reads it") {
    const std::vector<std::string> places{"/model", "/usage", "/usage/input", "/usage/model", "/a/usage/input", "/x\""};
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random{seed};
        const json document = any_document(random, 0);
        const std::string text = document.dump(random() % 2 == 0 ? -1 : 2, ' ', random() % 2 == 0);
        JsonScan scan{places};
        for (std::size_t from = 0; from < text.size();) {
            const std::size_t size = 1 + random() % 9;
            scan.push(std::string_view{text}.substr(from, size));
            from += size;
        }
        INFO(text);
        CHECK_FALSE(scan.broken());
        CHECK((scan.complete() || !document.is_structured()));  // a bare number might go on
        if (!document.is_object()) continue;
        for (std::size_t i = 0; i < places.size(); ++i) check_same(scan.at(i), document, places[i]);
    }
}

TEST_CASE("what is cut short is never taken for whole, and what is spoilt never for another document") {
    const std::string text = R"({"model":"a","list":[1,{"b":"c\"d"}],"n":-1.5e3,"t":true})";
    for (std::size_t size = 0; size < text.size(); ++size)
        CHECK_FALSE(scanned(text.substr(0, size), {"/model"}).complete());
    std::mt19937 random{7};
    for (int i = 0; i < 20'000; ++i) {
        std::string spoilt = text;
        spoilt[random() % spoilt.size()] = "{}[]\",:\\ x1\n"[random() % 12];
        const JsonScan scan = scanned(spoilt, {"/model"});
        const json other = json::parse(spoilt, nullptr, false);
        if (!scan.complete() || other.is_discarded() || !other.is_object()) continue;
        INFO(spoilt);
        CHECK((scan.at(0).times == 1) == other.contains("model"));
        if (other.contains("model") && other["model"].is_string())
            CHECK(scan.at(0).text == other["model"].get<std::string>());
    }
}

TEST_CASE("what is no JSON is told from what is") {
    for (const char* bad : {"{a:1}",         "{'a':1}",         "{\"a\" 1}",        "{\"a\":1,}",  "[1,]",
                            "{,}",           "[1 2]",           "{\"a\":1]",        "[1}",         "]",
                            "{\"a\":tru}",   "{\"a\":nul}",     "{\"a\":Infinity}", "{\"a\":NaN}", "{}{}",
                            "{} x",          "{\"a\"}",         "/**/{}",           "{\"a\":+1}",  "\xef\xbb\xbf{}",
                            "{\"\\x41\":1}", "{\"\\u00g0\":1}", "{\"a\":.5}"}) {
        INFO(bad);
        JsonScan scan = scanned(bad, {"/a"});
        scan.push(" ");
        CHECK_FALSE(scan.complete());
        CHECK(scan.broken());
    }
    const std::string utf16{"{\0\"\0a\0\"\0:\0001\0}\0", 14};
    CHECK(scanned(utf16, {"/a"}).broken());
}

TEST_CASE("a member that stands there twice, or in other letters, is seen") {
    CHECK(scanned(R"({"model":"a","model":"b"})", {"/model"}).at(0).times == 2);
    CHECK(scanned(R"({"model":"a","\u006dodel":"b"})", {"/model"}).at(0).times == 2);
    CHECK(scanned(R"({"model":"a","Model":"b"})", {"/model"}).at(0).times == 1);
    const JsonScan any = scanned(R"({"model":"a","MoDeL":{}})", {"/model"}, JsonScan::Names::any_case);
    CHECK(any.at(0).times == 2);
    CHECK(any.at(0).kind == Kind::container);
}

TEST_CASE("an array's elements are all looked into, and the last one counts") {
    const std::string text = R"([{"u":{"n":1}},{"u":{"n":2}},{"v":3},[{"u":{"n":9}}]])";
    in_all_pieces(text, [](auto push) {
        JsonScan scan{{"/*/u/n"}};
        push(scan);
        REQUIRE(scan.complete());
        CHECK(scan.at(0).text == "2");
        CHECK(scan.at(0).times == 2);
    });
}

TEST_CASE("nesting and texts without end cost no memory") {
    CHECK(scanned(std::string(511, '[') + std::string(511, ']'), {}).complete());
    CHECK(scanned(std::string(100'000, '['), {}).broken());
    JsonScan scan{{"/model", "/n"}};
    scan.push(R"({"model":")");
    for (int i = 0; i < 1000; ++i) scan.push(std::string(10'000, 'x'));
    scan.push(R"(","n":)" + std::string(100'000, '1') + "}");
    REQUIRE(scan.complete());
    CHECK(scan.at(0).cut);
    CHECK(scan.at(1).cut);
    CHECK(scan.at(1).text.size() < 200);
}

TEST_CASE("a number that is longer than any is cut, and the same however it comes") {
    const std::string number = std::string(63, '0') + "1e5";
    in_all_pieces("{\"n\":" + number + ",\"m\":1}", [&](auto push) {
        JsonScan scan{{"/n", "/m"}};
        push(scan);
        REQUIRE(scan.complete());
        CHECK(scan.at(0).text == number.substr(0, 64));
        CHECK(scan.at(0).cut);
        CHECK_FALSE(scan.at(1).cut);
    });
}

TEST_CASE("a reader can be used for one document after the other") {
    JsonScan scan{{"/a"}};
    scan.push(R"({"a":1})");
    scan.restart();
    scan.push(R"({"b":1})");
    CHECK(scan.complete());
    CHECK(scan.at(0).times == 0);
    scan.restart();
    scan.push("broken");
    scan.restart();
    scan.push(R"({"a":2})");
    CHECK(scan.at(0).text == "2");
}

// The scanner of JSON that comes in pieces, beside a parser that has the whole document.
#include <nlohmann/json.hpp>

#include "daemon/broker/json_scan.hpp"
#include "daemon/broker/json_text.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

using nlohmann::json;

const std::vector<std::string> places{"/model", "/usage/input_tokens", "/a", "/a/b", "/list/*", "/list/*/x"};

bool same(const JsonScan& left, const JsonScan& right) {
    if (left.complete() != right.complete() || left.broken() != right.broken()) return false;
    for (std::size_t i = 0; !left.broken() && i < places.size(); ++i) {
        const JsonValue& a = left.at(i);
        const JsonValue& b = right.at(i);
        if (a.kind != b.kind || a.text != b.text || a.cut != b.cut || a.times != b.times) return false;
    }
    return true;
}

// What the parser has at a place that occurs once, and that the scanner has read whole, is the same text.
void compare(const json& document, const JsonScan& scan, std::string_view input) {
    const JsonValue& model = scan.at(0);
    if (!document.is_object()) return;
    const auto found = document.find("model");
    must((found != document.end()) == (model.times > 0), "both see the model", input);
    if (found == document.end() || model.times != 1 || model.cut) return;
    must(found->is_string() == (model.kind == JsonValue::Kind::string), "both see what it is", input);
    must(found->is_structured() == (model.kind == JsonValue::Kind::container), "both see what it is", input);
    if (found->is_string()) must(found->get<std::string>() == model.text, "both read the same text", input);
}

}  // namespace

void one(std::string_view input) {
    JsonScan whole{places};
    whole.push(input);
    JsonScan cut{places};
    in_pieces(input, [&](std::string_view piece) { cut.push(piece); });
    must(same(whole, cut), "what is read does not depend on how it came", input);
    cut.restart();
    cut.push(input);
    must(same(whole, cut), "nor on what was read before", input);

    if (input.find('\0') != input.npos) return;  // for the parser that is the document's end
    const json document = json::parse(input, nullptr, false);
    // A bare number or word at the top has no end of its own.
    if (document.is_structured() && !whole.broken()) {
        must(whole.complete(), "a whole document is seen to be whole", input);
        compare(document, whole, input);
    }
    if (!document.is_discarded() && document.is_structured() && whole.broken()) {
        std::size_t deep = 0;  // the one thing in which the scanner is stricter: how deep it goes
        for (const char c : input) deep += c == '[' || c == '{' ? 1 : 0;
        must(deep > 512, "a document is read, unless it is too deep", input);
    }
    if (const auto text = unescaped_json(input)) must(text->size() <= input.size() * 3, "an escape stays short", input);
}

}  // namespace eph::fuzz

// The names of keys, labels, ids and credentials, as lists of a provider and people bring them.
#include <algorithm>

#include "common/admin_key.hpp"
#include "common/ids.hpp"
#include "common/key_name.hpp"
#include "common/providers.hpp"
#include "daemon/broker/meter.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

const Timestamp from = from_millis(1'790'000'000'000);
const Timestamp until = from + std::chrono::hours{2};

void key_names(std::string_view text) {
    const auto name = parse_key_name(text);
    const std::string longer = name_with_end(text, until);
    if (!name) {
        must(longer == text, "a name that is nobody's stays as it is", text);
        return;
    }
    must(text.starts_with("eph-"), "only such names are ours", text);
    const auto again = parse_key_name(name->text());
    must(again && again->until == name->until, "a name is read as it was written", text);
    const auto extended = parse_key_name(longer);
    must(extended && extended->until == until, "a name with a later end says it", text);
    must(extended->random == name->random, "and is still that key's", text);
}

void labels(std::string_view text) {
    const std::string label = clean_label(text);
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    must(!label.empty() && label.size() <= 40 && std::all_of(label.begin(), label.end(), fits), "labels are plain",
         text);
    must(clean_label(label) == label, "a clean label stays as it is", text);
    const KeyName made = new_key_name(text, from, until);
    const auto read = parse_key_name(made.text());
    must(read && read->until == made.until && read->random == made.random, "a new name is read as it was made", text);
    must(read->label == made.label && read->from == made.from, "with its label", text);
}

void credentials(std::string_view text) {
    for (const bool own : {false, true}) {
        must_be_printable(fault_of_admin_key(text, own).what);
        for (const ProviderRow& row : provider_rows()) must_be_printable(fault_of_api_key(row.name, text, own).what);
    }
    if (is_id_text(text)) must(text.size() <= 64, "ids are short", text);
    if (is_provider_name(text))
        must(base_url_variable(text).starts_with("EPH_"), "a provider's variable is ours", text);
    must(canonical_provider(canonical_provider(text)) == canonical_provider(text), "an alias leads to a name", text);
}

}  // namespace

void one(std::string_view input) {
    std::string_view last;
    while (!input.empty()) {
        const std::string_view line = take_line(input);
        key_names(line);
        labels(line);
        credentials(line);
        (void)fits_glob(last, line);  // must come to an end, whatever the stars
        last = line;
    }
}

}  // namespace eph::fuzz

// What an answer says of its usage: the first line is a provider, a Content-Type and a Content-Encoding, the rest the
// body. Events, JSON, and both in compressed form.
#include <map>

#include "daemon/broker/upstreams.hpp"
#include "daemon/broker/usage_scan.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

std::map<std::string, Upstream, std::less<>> all_upstreams() {
    std::map<std::string, Upstream, std::less<>> all;
    for (const char* const name : {"openai", "anthropic", "google", "xai", "openrouter"})
        all.emplace(name, upstream_for(name, Config{}, parse_base_url("https://api.example.com/v1")));
    return all;
}

const Upstream& upstream(std::string_view name) {
    static const auto all = all_upstreams();
    const auto found = all.find(name);
    return found == all.end() ? all.at("openai") : found->second;
}

bool same(const Measured& a, const Measured& b) {
    return a.input == b.input && a.output == b.output && a.cached == b.cached && a.cache_written == b.cache_written &&
           a.cache_written_long == b.cache_written_long && a.guessed_output == b.guessed_output;
}

void check(const Measured& used, std::string_view body) {
    for (const auto& each : {used.input, used.output, used.cached, used.cache_written, used.cache_written_long})
        must(!each || *each >= 0, "nobody uses less than nothing", body);
    must(used.guessed_output >= 0, "nor is that guessed", body);
}

}  // namespace

void one(std::string_view input) {
    std::string_view line = take_line(input);
    const Upstream& from = upstream(take_word(line));
    const std::string_view type = take_word(line);
    UsageScan whole{from, type, line};
    whole.push(input);
    check(whole.measured(), input);
    UsageScan cut{from, type, line};
    in_pieces(input, [&](std::string_view piece) {
        cut.push(piece);
        check(cut.measured(), input);
    });
    // Of a broken coding as much is guessed as had been unpacked, which zstd does in steps of its own.
    Measured left = whole.measured(), right = cut.measured();
    if (!line.empty() && line != "identity") left.guessed_output = right.guessed_output = 0;
    must(same(left, right), "what was used does not depend on how the answer came", input);
}

}  // namespace eph::fuzz

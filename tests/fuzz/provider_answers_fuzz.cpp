// JSON of OpenAI's Admin API, and of whatever answers in its place.
#include <algorithm>

#include "common/error.hpp"
#include "daemon/providers/openai_json.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

template <class Read>
void read(const std::string& body, Read with) {
    try {
        with(body);
    } catch (const Error& error) {
        must(error.code() == Code::provider_unreadable, "an answer that cannot be read is the provider's fault", body);
        must_be_printable(error.message());
    }
}

void check_key(const Created& made, const std::string& body) {
    const std::string_view key = made.key.reveal();
    const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    must(!key.empty() && visible, "a key is of visible ASCII", body);
}

}  // namespace

void one(std::string_view input) {
    const std::string body{input};
    read(body, [](const std::string& text) {
        const Created made = openai_json::created(text, "eph-x");
        must(!made.service_account_id.empty(), "an account has an id", text);
        check_key(made, text);
    });
    read(body, [](const std::string& text) { check_key(openai_json::created_key(text, "svc_acct_1"), text); });
    read(body, [](const std::string& text) {
        must(!openai_json::created_account(text, "eph-x").empty(), "an account has an id", text);
    });
    read(body, [](const std::string& text) { (void)openai_json::name(text); });
    read(body, [](const std::string& text) { (void)openai_json::expiry(text); });
    read(body, [](const std::string& text) { (void)openai_json::deleted(text, "svc_acct_1"); });
    for (const bool users : {false, true}) {
        read(body, [&](const std::string& text) { (void)openai_json::accounts(text, users); });
    }
    read(body, [](const std::string& text) { (void)openai_json::keys(text); });
    must_be_printable(openai_json::error_message(body));
}

}  // namespace eph::fuzz

// eph-config(5): config.json.
#include <cctype>

#include <fmt/format.h>

#include "common/config_keys.hpp"
#include "docs/manual/pages.hpp"

namespace eph::manual {
namespace {

std::string text_of(const ConfigKey& key) {
    std::string text{key.help};
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    text += fmt::format(". It is {}", name_of(key.kind));
    if (!key.otherwise.empty()) text += fmt::format("; {} unless set", key.otherwise);
    text += ".";
    if (!key.original.empty()) text += fmt::format(" The original eph's name for it, {}, is read too.", key.original);
    return text;
}

void add_keys(Page& page, ConfigPart part) {
    for (const ConfigKey& key : config_keys()) {
        if (key.part == part) page.entry(key.name, text_of(key));
    }
}

constexpr std::string_view prices = R"({
  "prices": {
    "openai": {"gpt-5": {"input": 1.25, "cached_input": 0.125, "output": 10, "most_output": 128000}},
    "my-lab": {"*": {"input": 0, "output": 0}}
  }
})";

constexpr std::string_view example = R"({
  "openai": {"admin_key": "sk-admin-...", "project_id": "proj_..."},
  "accounts": {
    "work": {"store": "command", "command": "op read op://work/openai/admin-key", "project_id": "proj_..."}
  },
  "anthropic": {"store": "pass"},
  "my-lab": {"api_key": "..."},
  "providers": {
    "my-lab": {"like": "openai", "title": "Our lab", "base_url": "https://models.lab.example/v1"},
    "ollama": {"base_url": "http://127.0.0.1:11434/v1"}
  },
  "via": "auto",
  "default_ttl": "2h",
  "max_ttl": "24h"
})";

}  // namespace

std::string config_page() {
    Page page{"eph-config", 5, "configuration of eph and ephd"};
    page.section("SYNOPSIS");
    page.paragraph("$XDG_CONFIG_HOME/eph/config.json, which is ~/.config/eph/config.json unless the variable is set");
    page.section("DESCRIPTION");
    page.paragraph(
        "One JSON object; everything in it is optional. ephd(8) reads it, and reads it again when it has changed; eph "
        "auth "
        "setup writes it and keeps what else stands there. Lengths of time are texts such as \"90m\", \"2h\" or "
        "\"1d\".\n"
        "Variables of the environment come before what stands here; see eph(1).\n"
        "A key that is not listed here is refused by its name. While the file cannot be used, ephd goes on with what "
        "it "
        "read before, and eph status says what is wrong.");
    page.section("KEYS");
    add_keys(page, ConfigPart::file);
    page.section("KEYS OF AN ACCOUNT");
    page.paragraph("The objects under a provider's name, and each of those in accounts, have these.");
    add_keys(page, ConfigPart::account);
    page.section("KEYS OF A PROVIDER");
    page.paragraph(
        "Each object in providers has these. A provider that eph knows is changed by them; any other name is a "
        "provider "
        "of your own, which is like the one that it names, but for its address and its key. Where a base URL leads, "
        "the "
        "provider's key is sent.");
    add_keys(page, ConfigPart::provider);
    page.section("EXAMPLES");
    page.verbatim(example);
    page.section("PRICES");
    page.paragraph(
        "For --budget, and for the costs that eph shows, ephd has a table of prices, share/eph/prices.json, which says "
        "what day it is of and where its numbers are from. A file prices.json beside config.json adds to it and goes "
        "before it: US dollars for a million tokens, by provider and model. A model's name may be a pattern with * and "
        "?; one that ends in a date or in -latest has the price of the name without it, unless it has one of its own. "
        "cached_input, cache_write and cache_write_long are as input where they are missing; above, a number of tokens "
        "of input, and beyond, an object of prices, belong together; most_output is the model's longest answer.\n"
        "A model whose price is not known is refused while a session has a budget. Only tokens are counted, at the "
        "standard prices: not searches and other tools that a provider bills by the call.");
    page.verbatim(prices);
    page.section("SECURITY");
    page.paragraph(
        "A file with a key that others can read is refused (chmod 600), and so is one with an account that "
        "others "
        "can change, since it says where keys are sent and what is run. Any program of your own user can read "
        "it; "
        "a password manager asks first.");
    page.see_also("eph(1), ephd(8)");
    return page.text();
}

}  // namespace eph::manual

// eph-config(5): config.json.
#include <array>

#include "docs/manual/pages.hpp"

namespace eph::manual {
namespace {

struct Key {
    std::string_view name;
    std::string_view text;
};

constexpr std::array keys{
    Key{"openai.admin_key", "The OpenAI admin key. A file that holds one must be readable by its owner alone."},
    Key{"openai.project_id", "The project in which disposable keys are made."},
    Key{"openai.base_url", "Where OpenAI's API is, /v1 included, if not at OpenAI's own address."},
    Key{"default_ttl", "How long a key may live when nothing else is said. 2h unless set."},
    Key{"max_ttl", "The longest that may be asked for. 24h unless set."},
};

constexpr std::string_view example = R"({
  "openai": {"admin_key": "sk-admin-...", "project_id": "proj_..."},
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
        "Files of the original eph, with adminKey and projectId, are read as they are.");
    page.section("KEYS");
    for (const Key& each : keys) page.entry(each.name, each.text);
    page.section("EXAMPLES");
    page.verbatim(example);
    page.section("SECURITY");
    page.paragraph(
        "A file with an admin key that others can read is refused: chmod 600. Any program of your own user can read "
        "it; a "
        "password manager asks first.");
    page.see_also("eph(1), ephd(8)");
    return page.text();
}

}  // namespace eph::manual

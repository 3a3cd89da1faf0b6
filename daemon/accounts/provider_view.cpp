// The row, and the configuration laid over it.
#include "daemon/accounts/provider_view.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

AuthHeader usual_auth(ApiFamily family) {
    switch (family) {
        case ApiFamily::openai:
            return {"Authorization", "Bearer "};
        case ApiFamily::anthropic:  // https://docs.anthropic.com/en/api/overview
            return {"x-api-key", ""};
        case ApiFamily::google:  // https://ai.google.dev/gemini-api/docs/api-key
            return {"x-goog-api-key", ""};
    }
    return {};
}

ProviderView view_of(const ProviderRow& row) {
    ProviderView view;
    view.name = row.name;
    view.title = row.title;
    view.family = row.family;
    view.key_variable = row.variable;
    view.credential_variables = credential_variables(row.name);
    view.base_url = view.own_base_url = row.base_url;
    view.base_path = row.base_path;
    view.auth = usual_auth(row.family);
    view.keys_at = row.keys_at;
    view.makes_keys = row.makes_keys;
    view.needs_key = row.needs_key;
    return view;
}

// One of the person's own is like another in how it speaks, and in nothing that could lead a key astray.
ProviderView new_like(const ProviderRow& like, const ProviderConfig& own) {
    ProviderView view = view_of(like);
    view.name = view.title = own.name;
    view.credential_variables = credential_variables(own.name);
    view.key_variable = view.credential_variables.front();
    view.base_url.clear();
    view.own_base_url.clear();
    view.keys_at.clear();
    view.makes_keys = false;
    return view;
}

void change(ProviderView& view, const ProviderConfig& own) {
    if (!own.title.empty()) view.title = own.title;
    if (!own.base_url.empty()) view.base_url = own.base_url;
    if (!own.key_variable.empty()) {
        view.key_variable = own.key_variable;
        if (!view.makes_keys) view.credential_variables = {own.key_variable};
    }
    if (!own.auth_header) return;
    view.auth = parse_auth_header(*own.auth_header);
    if (view.auth.name.empty()) view.needs_key = false;
}

bool is_token(std::string_view text) {
    constexpr std::string_view special = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        const auto letter = static_cast<unsigned char>(c);
        return letter < 0x80 && (std::isalnum(letter) != 0 || special.find(c) != special.npos);
    });
}

}  // namespace

ProviderView provider_view(std::string_view name, const Config& config) {
    const std::string wanted = canonical_provider(name);
    const ProviderRow* row = find_provider(wanted);
    const ProviderConfig* own = config.find_provider(wanted);
    if (row == nullptr && own == nullptr) {
        std::string known;
        for (const std::string& each : provider_names(config)) known += (known.empty() ? "" : ", ") + each;
        throw Error{Code::usage, "the provider '{}' is not known", printable(name, 40)}.hint(
            "Known providers: " + known + ". Another one is made known by \"providers\" in config.json.");
    }
    ProviderView view = row != nullptr ? view_of(*row) : new_like(provider_row(own->like), *own);
    if (own != nullptr) change(view, *own);
    return view;
}

std::vector<std::string> provider_names(const Config& config) {
    std::vector<std::string> names;
    for (const ProviderRow& row : provider_rows()) names.emplace_back(row.name);
    for (const ProviderConfig& each : config.providers) {
        if (find_provider(each.name) == nullptr) names.push_back(each.name);
    }
    return names;
}

AuthHeader parse_auth_header(std::string_view text) {
    constexpr std::array<std::string_view, 6> taken{"host",       "content-length", "transfer-encoding",
                                                    "connection", "upgrade",        "content-type"};
    const std::string_view whole = trim(text);
    if (whole == "none") return {"", ""};
    const std::size_t colon = std::min(whole.find(':'), whole.size());
    AuthHeader header{std::string{trim(whole.substr(0, colon))}, ""};
    if (colon < whole.size()) header.prefix = trim(whole.substr(colon + 1));
    const bool other_use = std::find(taken.begin(), taken.end(), lower(header.name)) != taken.end();
    if (!is_token(header.name) || other_use || has_control(header.prefix)) {
        throw Error{Code::usage, "'{}' is no header for a key", printable(text, 80)}.hint(
            "Write it like \"Authorization: Bearer\", \"x-api-key\" or \"none\".");
    }
    if (!header.prefix.empty()) header.prefix += ' ';
    return header;
}

BaseUrl base_url_for(const ProviderView& provider, std::string_view text) {
    BaseUrl url;
    try {
        url = parse_base_url(text);
    } catch (const Error& error) {
        if (provider.own_base_url.empty()) throw;
        throw Error{error.code(), "{}", error.message()}.hint("Write it like " + provider.own_base_url + ".");
    }
    if (!provider.base_path.empty() || provider.family == ApiFamily::openai) return url;
    for (const std::string_view version : {"/v1", "/v1beta"}) {
        if (!std::string_view{url.path}.ends_with(version)) continue;
        url.path.resize(url.path.size() - version.size());
        break;
    }
    return url;
}

void require_keys(const ProviderView& provider) {
    if (provider.makes_keys) return;
    throw Error{Code::usage, "eph can make no keys at {}", provider.title}.hint(
        fmt::format("An agent works there through the broker, with a key that stays here: eph --provider {} HOST; any "
                    "other program with: eph broker {}",
                    provider.name, provider.name));
}

}  // namespace eph

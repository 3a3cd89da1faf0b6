// Which key a person's word means.
#include <algorithm>

#include "common/error.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/ledger/store.hpp"

namespace eph {
namespace {

// If there are any: by its own id, else by its name, else by an id that its provider chose, which may be anything.
void keep_exact(std::vector<KeyRow>& found, const std::string& text) {
    const auto keep = [&](auto fits) {
        if (std::none_of(found.begin(), found.end(), fits)) return false;
        std::erase_if(found, [&](const KeyRow& key) { return !fits(key); });
        return true;
    };
    if (keep([&](const KeyRow& key) { return key.id.text() == text; })) return;
    if (keep([&](const KeyRow& key) { return key.name == text || key.next_name == text; })) return;
    keep([&](const KeyRow& key) { return key.service_account_id == text || key.api_key_id == text; });
}

}  // namespace

std::optional<KeyRow> Ledger::find_key(const std::string& reference) {
    if (reference.empty()) return std::nullopt;
    // All names begin alike: the beginning of one says something only past that.
    constexpr std::size_t telling = std::string_view{"eph-1234"}.size();
    const std::string name = reference.size() >= telling ? reference : "";
    std::vector<KeyRow> found = store_->keys(
        store_->keys_like.bind(reference, after_prefix(reference), name, name.empty() ? "" : after_prefix(name)));
    keep_exact(found, reference);
    // What is settled is rarely meant: a beginning that fits one unsettled key alone names that one.
    if (found.size() > 1) std::erase_if(found, [](const KeyRow& key) { return key.state == KeyState::revoked; });
    if (found.size() > 1) {
        throw Error{Code::ambiguous,    "'{}' fits {} keys: {}, {}{}",  reference, found.size(), found[0].id.text(),
                    found[1].id.text(), found.size() > 2 ? ", ..." : ""}
            .hint("Give more of the id.");
    }
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace eph

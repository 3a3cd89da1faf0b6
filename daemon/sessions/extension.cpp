// Extending a session: the order of the lines in extend_key() is the promise. Whatever is killed in between, the old
// deadline counts, and the ledger knows every name that the key may have.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "common/async/within.hpp"
#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/sessions/deadline.hpp"
#include "daemon/sessions/only_one.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {

struct Sessions::Extension {
    AccountRef account;
    KeyRow key;
    std::string next_name;
    Timestamp deadline;
    bool expiry_moved = false;
    bool rename_begun = false;
};

namespace {

constexpr Duration limit = std::chrono::seconds{40};

Error not_extended(const SessionRow& session, const Error& why) {
    return Error{why.code(), "session {} keeps its end: {}", session.id.text(), why.message()}.hint(why.hint());
}

std::string sentence() {
    return fmt::format("OpenAI did not do it within {} s",
                       std::chrono::duration_cast<std::chrono::seconds>(limit).count());
}

}  // namespace

Task<SessionRow> Sessions::extend(SessionId session, Duration by, std::string actor) {
    const std::shared_ptr<Lease> lease = hold(session);
    if (changing_.contains(session)) {
        throw Error{Code::busy, "session {} is being changed at this moment", session.text()}.hint(
            "Try again in a moment.");
    }
    const OnlyOne only_one{*this, session};
    const Config& config = accounts_.config();
    const Timestamp deadline = extended_deadline(lease->session.started, lease->session.deadline, by, config.max_ttl);
    std::optional<Timestamp> expiry;
    if (!lease->session.key.empty()) expiry = co_await extend_key(lease->session, deadline);
    ledger_.extended(lease->session, deadline, expiry, actor);
    lease->session.deadline = deadline;
    lease->warned = now();
    lease->say("extended", "");
    clock_.poke();
    janitor_.wake();
    spdlog::info("session {} goes on until {}", session.text(), rfc3339(deadline));
    co_return lease->session;
}

// Leaves `next_name` in the ledger's row, for extended() to make it the key's name. The provider's expiry, as it is
// then.
Task<std::optional<Timestamp>> Sessions::extend_key(SessionRow session, Timestamp deadline) {
    Extension extension;
    extension.deadline = deadline;
    extension.key = ledger_.key(session.key).value();
    if (extension.key.state == KeyState::creating) {
        throw Error{Code::busy, "session {} is being started at this moment", session.id.text()}.hint(
            "Try again in a moment.");
    }
    extension.account = co_await accounts_.for_place(extension.key.place, extension.key.fingerprint, 0, Asker::person);
    if (!extension.key.next_name.empty()) {  // the answer to the last extension never came
        co_await settle_name(extension.account, extension.key);
        extension.key = ledger_.key(session.key).value();
    }
    extension.next_name = name_with_end(extension.key.name, deadline);
    ledger_.renaming(extension.key.id, extension.next_name);  // durable before the provider is asked
    ChangeAnswer answer;
    try {
        answer = co_await within(limit, change_at_provider(extension), sentence());
    } catch (const Error& error) {
        answer = Unclear{error};
    }
    if (!std::holds_alternative<Changed>(answer)) (void)hold(session.id);  // throws where it ended: that is why
    if (const auto* unclear = std::get_if<Unclear>(&answer)) {
        if (!extension.rename_begun) ledger_.not_renamed(extension.key.id);
        throw not_extended(session, unclear->error);
    }
    if (const auto* refused = std::get_if<Refused>(&answer)) {
        // Before anybody can extend it again: what is put back late would undo that.
        if (extension.expiry_moved) co_await put_expiry_back(extension.account, extension.key);
        ledger_.not_renamed(extension.key.id);
        throw not_extended(session, refused->error);
    }
    co_return std::get<Changed>(answer).expires;
}

// The expiry first: were the name first and the expiry refused, the name would promise what the key does not keep.
Task<ChangeAnswer> Sessions::change_at_provider(Extension& extension) {
    const KeyRow& key = extension.key;
    std::optional<Timestamp> expiry = key.provider_expiry;
    if (expiry && key.api_key_id.empty()) {
        co_return Refused{Error{Code::provider_refused, "OpenAI never told the id of the API key of {}", key.name}};
    }
    if (expiry) {
        ChangeAnswer later =
            co_await openai_.set_expiry(extension.account, key.api_key_id, extension.deadline + provider_slack - now());
        if (const auto* changed = std::get_if<Changed>(&later)) {
            extension.expiry_moved = true;
            expiry = changed->expires;
        } else if (!std::holds_alternative<Absent>(later)) {
            co_return later;
        } else if (key.expiry_named) {
            co_return Refused{Error{Code::provider_refused, "OpenAI no longer has the API key of {}", key.name}};
        }
        // A provider that never named an expiry and cannot change one has none.
    }
    extension.rename_begun = true;
    ChangeAnswer renamed =
        co_await openai_.rename(extension.account, key.service_account_id, key.name, extension.next_name);
    if (auto* changed = std::get_if<Changed>(&renamed)) changed->expires = expiry;
    co_return renamed;
}

// Which of its two names the key has, if the provider can tell.
Task<void> Sessions::settle_name(AccountRef account, KeyRow key) {
    const std::vector<Listed> listed = co_await within(limit, openai_.list(account), sentence());
    const auto has = [&](const std::string& name) {
        return std::any_of(listed.begin(), listed.end(), [&](const Listed& each) { return each.name == name; });
    };
    if (has(key.next_name)) {
        ledger_.renamed(key.id);
    } else if (has(key.name)) {
        ledger_.not_renamed(key.id);
    } else {
        throw Error{Code::provider_refused, "OpenAI lists no service account {} in project {}", key.name,
                    account->place.project};
    }
}

Task<void> Sessions::put_expiry_back(AccountRef account, KeyRow key) {
    const ChangeAnswer answer = co_await openai_.set_expiry(account, key.api_key_id, *key.provider_expiry - now());
    if (!std::holds_alternative<Changed>(answer))
        spdlog::warn("key {}: OpenAI would end it by itself later than it has to", key.id.text());
}

}  // namespace eph

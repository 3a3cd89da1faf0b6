// Keys: listed, created by hand, revoked, cleaned up.
#include <algorithm>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

// What other machines made: at the provider by name, unknown to this ledger.
Task<void> add_foreign(Services& services, AccountRef account, wire::KeyList& list) {
    for (const Listed& each : co_await services.openai.list(account)) {
        const auto name = parse_key_name(each.name);
        if (!name || services.ledger.key_by_name(each.name)) continue;
        wire::Key key;
        key.name = printable(each.name, 200);
        key.state = "live";
        key.provider = account->place.provider;
        key.project = account->place.project;
        key.service_account_id = printable(each.id, 200);
        if (each.created) key.created_at = to_millis(*each.created) / 1000;
        key.expires_at = to_millis(name->until) / 1000;
        key.foreign = true;
        list.keys.push_back(std::move(key));
    }
}

// A key that this ledger does not know, by the provider's ids or its name: adopted, so that it is revoked like any
// other.
Task<std::optional<KeyRow>> adopt(Services& services, AccountRef account, std::string reference) {
    std::string owner;
    if (reference.starts_with("key_")) {
        for (const ListedKey& key : co_await services.openai.list_keys(account)) {
            if (key.id == reference) owner = key.owner_id;
        }
    }
    std::vector<Listed> fitting;
    for (const Listed& each : co_await services.openai.list(account)) {
        const bool exact = each.id == reference || each.name == reference || (!owner.empty() && each.id == owner);
        if (exact || each.name.starts_with(reference)) fitting.push_back(each);
        if (exact) {
            fitting = {each};
            break;
        }
    }
    if (fitting.empty()) co_return std::nullopt;
    if (fitting.size() > 1) {
        throw Error{Code::ambiguous, "'{}' fits {} keys at the provider", printable(reference, 80), fitting.size()}
            .hint("Give more of the name.");
    }
    const Listed& found = fitting.front();
    if (!parse_key_name(found.name)) {
        throw Error{Code::forbidden, "'{}' is not a key that eph made, so eph leaves it alone",
                    printable(found.name, 80)};
    }
    if (const auto known = services.ledger.key_by_name(found.name)) {
        services.ledger.revive(known->id, found.id);
        co_return services.ledger.key(known->id);
    }
    co_return services.ledger.key(services.janitor.adopt(account, found, "asked"));
}

}  // namespace

Task<ApiReply> list_keys(Services& services, const ApiRequest& request) {
    wire::KeyList list;
    const bool everything = request.query_flag("all");
    for (const KeyRow& key : everything ? services.ledger.recent_keys(1000) : services.ledger.unsettled_keys()) {
        list.keys.push_back(view(key));
    }
    if (request.query_value("source") == "provider") {
        try {
            const AccountRef account = services.accounts.pick("openai", request.credential);
            co_await add_foreign(services, account, list);
        } catch (const Error& error) {
            list.note = error.message();
        }
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_key(Services& services, const ApiRequest& request) {
    const std::optional<KeyRow> key = services.ledger.find_key(request.param("id"));
    if (!key) throw Error{Code::not_found, "there is no key '{}'", printable(request.param("id"), 80)};
    ApiReply reply;
    reply.body = wire::encode(view(*key));
    co_return reply;
}

Task<ApiReply> create_key(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::CreateKey>(request.body);
    const AccountRef account = services.accounts.pick(wanted.provider, request.credential);
    SessionRequest what{.host = {}, .agent = {}, .label = wanted.label, .ttl = ttl_of(wanted.ttl_seconds)};
    const IssuedKey issued = co_await services.sessions.issue(account, std::move(what), request.actor);
    wire::Issued document;
    document.key = view(issued.key);
    document.secret = issued.secret.reveal();
    if (account->own_base_url) document.base_url = account->place.base_url;
    if (!issued.note.empty()) document.notes.push_back(issued.note);
    ApiReply reply;
    reply.status = 201;
    reply.body = wire::encode(document);
    wipe(document.secret);
    co_return reply;
}

Task<ApiReply> revoke_key(Services& services, const ApiRequest& request) {
    const std::string reference = request.param("id");
    std::optional<KeyRow> key = services.ledger.find_key(reference);
    if (!key) {
        const AccountRef account = services.accounts.pick("openai", request.credential);
        key = co_await adopt(services, account, reference);
    } else if (!request.credential.empty()) {
        (void)services.accounts.pick("openai", request.credential);  // so that it is loaded
    }
    if (!key)
        throw Error{Code::not_found, "there is no key '{}'", printable(reference, 80)}.hint(
            "eph keys list shows what there is.");
    if (key->state == KeyState::creating) {
        throw Error{Code::busy, "key {} is being created at this moment", key->id.text()}.hint(
            "Try again in a moment.");
    }
    const Janitor::Awaited awaited{key->id, key->attempts};
    services.janitor.revoke(key->id, "asked", request.actor);
    co_return co_await answer_revocation(services, awaited);
}

Task<ApiReply> clean_up(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::Cleanup>(request.body.empty() ? "{}" : request.body);
    const AccountRef account = services.accounts.pick(wanted.provider, request.credential);
    const CleanupSum sum = co_await services.janitor.cleanup(account, wanted.all, request.actor);
    wire::CleanupResult result;
    result.listed = sum.listed;
    result.revoked = sum.revoked;
    result.already_gone = sum.already_gone;
    result.left = sum.left;
    result.pending = static_cast<std::int64_t>(sum.pending.size());
    for (const KeyRow& key : sum.pending) result.failed.push_back(view(key));
    ApiReply reply;
    reply.body = wire::encode(result);
    co_return reply;
}

}  // namespace eph

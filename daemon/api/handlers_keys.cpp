// Keys: listed, created by hand, revoked.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/provider_keys.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

void check_scopes(const std::vector<std::string>& scopes) {
    constexpr std::size_t most = 100;
    if (scopes.size() > most)
        throw Error{Code::usage, "{} scopes are more than the {} that are allowed", scopes.size(), most};
    for (const std::string& scope : scopes) {
        if (scope.empty() || scope.size() > most || has_control(scope) || scope.find(' ') != scope.npos)
            throw Error{Code::usage, "'{}' cannot be a scope", printable(scope, 80)}.hint(
                "A scope looks like model.request or api.responses.write.");
    }
}

}  // namespace

Task<ApiReply> list_keys(Services& services, const ApiRequest& request) {
    wire::KeyList list;
    const bool everything = request.query_flag("all");
    const std::vector<KeyRow> rows = everything ? services.ledger.recent_keys(1000) : services.ledger.unsettled_keys();
    for (const KeyRow& key : rows) list.keys.push_back(view(key));
    if (request.query_value("source") == "provider") {
        try {
            const AskedAccounts asked = co_await accounts_of(services, request);
            co_await add_provider_side(services, asked, rows, list);
        } catch (const Error& error) {
            list.note = "keys of other machines are not shown: " + error.message();
        }
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_key(Services& services, const ApiRequest& request) {
    const std::optional<KeyRow> key = services.ledger.find_key(request.param("id"));
    if (!key) {
        throw Error{Code::not_found, "there is no key '{}'", printable(request.param("id"), 80)}.hint(
            "eph keys list shows what there is.");
    }
    ApiReply reply;
    reply.body = wire::encode(view(*key));
    co_return reply;
}

Task<ApiReply> create_key(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::CreateKey>(request.body);
    require_keys(services.accounts.provider(wanted.provider));
    const AccountRef account = co_await services.accounts.pick(wanted.provider, request.credential);
    check_scopes(wanted.scopes);
    SessionRequest what{
        .host = {}, .agent = {}, .label = wanted.label, .ttl = ttl_of(wanted.ttl_seconds), .scopes = wanted.scopes};
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
        const AskedAccounts asked = co_await accounts_of(services, request);
        key = co_await adopt_from_provider(services, asked, reference);
    } else {
        remember(services, request);
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

}  // namespace eph

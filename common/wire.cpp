// JSON for the documents of the local API.
#include "common/wire.hpp"

#define JSON_DIAGNOSTICS 1
#include <nlohmann/json.hpp>

#include "common/json_depth.hpp"
#include "common/text.hpp"

namespace nlohmann {
template <class T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& document, const std::optional<T>& value) {
        if (value) {
            document = *value;
        } else {
            document = nullptr;
        }
    }
    static void from_json(const json& document, std::optional<T>& value) {
        if (document.is_null()) {
            value.reset();
        } else {
            if constexpr (std::is_same_v<T, std::int64_t>) refuse_fractions(document);
            value = document.get<T>();
        }
    }
    // Converting what does not fit is undefined behaviour in the library.
    static void refuse_fractions(const json& document) {
        const bool too_large = document.is_number_unsigned() && document.get<std::uint64_t>() > INT64_MAX;
        if (!document.is_number_float() && !too_large) return;
        throw detail::type_error::create(302, "type must be a whole number, but is " + document.dump().substr(0, 40),
                                         &document);
    }
};
}  // namespace nlohmann

namespace eph::wire {

#define EPH_DOCUMENT NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT
EPH_DOCUMENT(Key, id, name, state, provider, project, host, session, service_account_id, api_key_id, created_at,
             expires_at, revoked_at, reason, outcome, attempts, next_attempt_at, last_error, foreign, last_used_at)
EPH_DOCUMENT(Limits, models, max_requests, max_tokens, budget_micros, rpm)
EPH_DOCUMENT(ModelUsage, model, requests, unknown, input_tokens, output_tokens, cached_tokens, cost_micros)
EPH_DOCUMENT(Usage, requests, refused, failed, slowest_ms, estimated_tokens, estimated_micros, models)
EPH_DOCUMENT(Session, id, state, host, provider, agent, credential, key, key_state, started_at, expires_at, ended_at,
             end_reason, exit_status, limits, usage)
EPH_DOCUMENT(Account, name, provider, project, base_url, fingerprint, source, stored_in, custom, state, problem,
             checked_at, title, family, key_variable, base_path, makes_keys, via)
EPH_DOCUMENT(Status, version, pid, started_at, ledger, accounts, sessions, keys, notes)
EPH_DOCUMENT(KeyList, keys, note)
EPH_DOCUMENT(SessionList, sessions)
EPH_DOCUMENT(AccountList, accounts)
EPH_DOCUMENT(Provider, name, alias, title, family, key_variable, base_url, base_path, makes_keys, needs_key)
EPH_DOCUMENT(ProviderList, providers)
EPH_DOCUMENT(StartSession, provider, host, agent, label, credential, endpoint, limits, ttl_seconds)
EPH_DOCUMENT(ExtendSession, seconds)
EPH_DOCUMENT(CreateKey, provider, label, ttl_seconds, scopes)
EPH_DOCUMENT(Endpoint, socket, port, base_path)
EPH_DOCUMENT(Issued, event, session, key, secret, base_url, broker, notes)
EPH_DOCUMENT(LeaseEvent, event, reason, expires_at)
EPH_DOCUMENT(EndSession, reason, exit_status)
EPH_DOCUMENT(Revocation, key, confirmed, session)
EPH_DOCUMENT(Cleanup, provider, all, dry_run)
EPH_DOCUMENT(CleanupProgress, running, total, done)
EPH_DOCUMENT(CleanupResult, listed, revoked, already_gone, left, pending, failed, would_revoke, notes)
EPH_DOCUMENT(SetAccount, admin_key, project, base_url, store, command)
EPH_DOCUMENT(AccountChange, done, account, keys, notes)
EPH_DOCUMENT(CheckStep, name, passed, millis, detail, hint)
EPH_DOCUMENT(CheckReport, account, steps)
EPH_DOCUMENT(AuditEntry, seq, at, actor, event, key, session, host, detail)
EPH_DOCUMENT(AuditList, events)
EPH_DOCUMENT(Acknowledged, done)
#undef EPH_DOCUMENT

namespace {

// The library says "[json.exception.type_error.302] (/ttl_seconds) type must be number, but is string".
Error wrong_type(std::string_view said) {
    const std::size_t open = said.find("(/");
    const std::size_t close = open == said.npos ? open : said.find(") ", open);
    if (close == said.npos) return Error{Code::usage, "a field is not what it should be: {}", printable(said, 200)};
    return Error{Code::usage, "'{}' is not what it should be: {}",
                 printable(said.substr(open + 2, close - open - 2), 80), printable(said.substr(close + 2), 200)};
}

}  // namespace

template <class T>
std::string encode(const T& document) {
    const nlohmann::json json = document;
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class T>
T decode(std::string_view text) {
    if (nested_deeper(text)) throw Error{Code::usage, "the JSON is nested more than {} levels deep", deepest_json};
    try {
        const nlohmann::json json = nlohmann::json::parse(text);
        if (!json.is_object()) throw Error{Code::usage, "a JSON object is expected"};
        return json.get<T>();
    } catch (const nlohmann::json::parse_error& error) {
        throw Error{Code::usage, "not JSON: stopped at byte {}", error.byte};
    } catch (const nlohmann::json::exception& error) {
        throw wrong_type(error.what());
    }
}

#define EPH_BOTH(T)                        \
    template std::string encode(const T&); \
    template T decode(std::string_view);
EPH_BOTH(Key)
EPH_BOTH(Limits)
EPH_BOTH(Usage)
EPH_BOTH(Session)
EPH_BOTH(Account)
EPH_BOTH(Status)
EPH_BOTH(KeyList)
EPH_BOTH(SessionList)
EPH_BOTH(AccountList)
EPH_BOTH(ProviderList)
EPH_BOTH(StartSession)
EPH_BOTH(CreateKey)
EPH_BOTH(ExtendSession)
EPH_BOTH(Issued)
EPH_BOTH(LeaseEvent)
EPH_BOTH(EndSession)
EPH_BOTH(Revocation)
EPH_BOTH(Cleanup)
EPH_BOTH(CleanupProgress)
EPH_BOTH(CleanupResult)
EPH_BOTH(SetAccount)
EPH_BOTH(AccountChange)
EPH_BOTH(CheckReport)
EPH_BOTH(AuditEntry)
EPH_BOTH(AuditList)
EPH_BOTH(Acknowledged)
#undef EPH_BOTH

std::string encode_error(const Error& error) {
    const nlohmann::json json = {
        {"error", {{"code", code_name(error.code())}, {"message", error.message()}, {"hint", error.hint()}}}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Error> decode_error(std::string_view text) noexcept {
    if (nested_deeper(text)) return std::nullopt;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto error = json.find("error");
    if (error == json.end() || !error->is_object()) return std::nullopt;
    const auto field = [&](const char* name) {
        const auto value = error->find(name);
        return value != error->end() && value->is_string() ? value->get<std::string>() : std::string{};
    };
    return Error{code_from_name(field("code")), field("message")}.hint(field("hint"));
}

bool is_document(std::string_view text) {
    return !nested_deeper(text) && nlohmann::json::parse(text, nullptr, false).is_object();
}

std::string pretty(std::string_view text) {
    if (nested_deeper(text)) return std::string{text};  // to write it would take as many calls within each other
    const auto json = nlohmann::json::parse(text, nullptr, false);
    return json.is_discarded() ? std::string{text} : json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace eph::wire

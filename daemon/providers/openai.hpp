// OpenAI's Admin API: project service accounts and their keys.
// https://platform.openai.com/docs/api-reference/project-service-accounts
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/secret.hpp"
#include "daemon/accounts/account.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

struct Created {
    std::string service_account_id;
    std::string api_key_id;
    Secret key;
    std::optional<Timestamp> expires;  // when the provider ends it by itself
    bool expiry_named = false;         // in the provider's own words, not just as it was asked
    std::string note;                  // what the person should know
};

// A creation that failed. `maybe_made`: the key may exist all the same and has to be looked for by its name.
class CreateError : public Error {
public:
    CreateError(Error error, bool maybe_made) : Error(std::move(error)), maybe_made_(maybe_made) {}
    bool maybe_made() const { return maybe_made_; }

private:
    bool maybe_made_;
};

struct Absent {};  // the provider does not have it

// The answer to a change of something that exists. Unclear: it may have taken effect or not.
struct Changed {
    std::optional<Timestamp> expires;  // as the provider has it now
};
struct Refused {
    Error error;
};
struct Unclear {
    Error error;
};
using ChangeAnswer = std::variant<Changed, Absent, Refused, Unclear>;

// The answer to a revocation.
struct Confirmed {};  // the provider deleted it; Absent: it is there neither by id nor by name
struct Failed {
    std::string error;
    std::optional<Duration> retry_after;
    bool waits_for_store = false;  // nobody was asked: the account's key could not be had
};
using RevokeAnswer = std::variant<Confirmed, Absent, Failed>;

// An account in the provider's list. Some organisations list service accounts among the users.
struct Listed {
    std::string id;
    std::string name;
    std::optional<Timestamp> created;
    bool is_user = false;
};

struct ListedKey {
    std::string id;
    std::string name;
    std::string owner_id;
    std::string owner_name;
    std::optional<Timestamp> last_used;
};

class OpenAi {
public:
    explicit OpenAi(HttpsClient& https) : https_(https) {}

    // A service account with its key; `expires_in` is sent along and left out where the organisation refuses it. With
    // scopes: an account without a key of its own, then a key that may do no more than these. Throws CreateError.
    Task<Created> create(AccountRef account, std::string name, Duration expires_in,
                         std::vector<std::string> scopes = {});

    // Deletes the service account; "not found" falls back to the project's user, then to the list by name, under which
    // `other_name` counts too. Throws nothing but cancellation: every failure is a Failed.
    Task<RevokeAnswer> revoke(AccountRef account, std::string service_account_id, std::string name,
                              std::string other_name = {});

    // The two calls of an extension. Throw nothing but cancellation.
    Task<ChangeAnswer> set_expiry(AccountRef account, std::string api_key_id, Duration expires_in);
    // By its id, or by the id that the list has for `name`.
    Task<ChangeAnswer> rename(AccountRef account, std::string service_account_id, std::string name,
                              std::string next_name);

    // All pages. Names may occur twice. `several_pages` is set where there were: only then can one have been missed, as
    // pages shift while they are read. Bounded in time, in items and in bytes. Throws Error.
    Task<std::vector<Listed>> list(AccountRef account, bool* several_pages = nullptr);
    Task<std::vector<ListedKey>> list_keys(AccountRef account);

    // What is remembered of the lists of other places is forgotten.
    void forget_lists_except(const std::set<Place>& needed);

    // Whether the provider still knows the service account by that id.
    Task<bool> exists(AccountRef account, std::string service_account_id);

    // Called when the provider does not know the account's key (any more).
    std::function<void(const AccountRef&)> on_denied;

    Task<void> check(AccountRef account);                      // one small list call; throws Error
    Task<bool> usable(AccountRef account, const Secret& key);  // whether a key is accepted by the models endpoint

private:
    Task<HttpResponse> ask(AccountRef account, const char* method, std::string path, std::string body = {});
    struct Wanted;
    Task<HttpResponse> ask_to_make(AccountRef account, Wanted wanted, bool& without_expiry);
    Task<Created> create_scoped(AccountRef account, std::string name, Duration expires_in,
                                std::vector<std::string> scopes);
    Task<HttpResponse> post_name(AccountRef account, std::string service_account_id, std::string name);
    Task<RevokeAnswer> remove(AccountRef account, std::string id);
    Task<RevokeAnswer> remove_by_name(AccountRef account, std::string name, std::string other_name);
    Task<std::vector<Listed>> list_all(AccountRef account, bool* several_pages);
    Task<std::vector<ListedKey>> list_all_keys(AccountRef account);
    Task<std::vector<Listed>> list_kind(AccountRef account, bool users, bool* several_pages);
    // Whether the last list that was read has the id under a name that is not the key's.
    bool is_somebody_elses(const Place& place, const std::string& id, const std::string& name,
                           const std::string& other_name) const;
    // Whether it has a further account of the key's names.
    bool has_another(const Place& place, const std::string& id, const std::string& name,
                     const std::string& other_name) const;
    void remember(const Place& place, const std::vector<Listed>& accounts, const std::vector<Listed>& users);

    HttpsClient& https_;
    // Each place's last list, sorted.
    struct Hashes {
        std::vector<std::pair<std::size_t, std::size_t>> names_by_id;
        std::vector<std::pair<std::size_t, std::size_t>> ids_by_name;
    };
    std::map<Place, Hashes> listed_;
};

}  // namespace eph

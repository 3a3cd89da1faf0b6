// OpenAI's Admin API: project service accounts and their keys.
// https://platform.openai.com/docs/api-reference/project-service-accounts
#pragma once

#include <optional>
#include <string>
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
    std::string note;         // what the person should know
};

// A creation that failed. `maybe_made`: the key may exist all the same and has to be looked for by its name.
class CreateError : public Error {
public:
    CreateError(Error error, bool maybe_made) : Error(std::move(error)), maybe_made_(maybe_made) {}
    bool maybe_made() const { return maybe_made_; }

private:
    bool maybe_made_;
};

// The answer to a revocation.
struct Confirmed {};  // the provider deleted it
struct Absent {};     // the provider does not have it, by id or by name
struct Failed {
    std::string error;
    std::optional<Duration> retry_after;
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
    std::optional<Timestamp> last_used;
};

class OpenAi {
public:
    explicit OpenAi(HttpsClient& https) : https_(https) {}

    // A service account with its key; `expires_in` is sent along and left out where the organisation refuses it. Throws
    // CreateError.
    Task<Created> create(AccountRef account, std::string name, Duration expires_in);

    // Deletes the service account; "not found" falls back to the project's user, then to the list by name. Throws
    // nothing but cancellation: every failure is a Failed.
    Task<RevokeAnswer> revoke(AccountRef account, std::string service_account_id, std::string name);

    // All pages. Names may occur twice. Throws Error.
    Task<std::vector<Listed>> list(AccountRef account);
    Task<std::vector<ListedKey>> list_keys(AccountRef account);

    // Whether the provider still knows the service account by that id.
    Task<bool> exists(AccountRef account, std::string service_account_id);

    Task<void> check(AccountRef account);                      // one small list call; throws Error
    Task<bool> usable(AccountRef account, const Secret& key);  // whether a key is accepted by the models endpoint

private:
    Task<HttpResponse> ask(AccountRef account, const char* method, std::string path, std::string body = {});
    Task<RevokeAnswer> remove(AccountRef account, std::string id);
    Task<RevokeAnswer> remove_by_name(AccountRef account, std::string name);
    Task<std::vector<Listed>> list_kind(AccountRef account, bool users);

    HttpsClient& https_;
};

}  // namespace eph

// The order of preference.
#include "daemon/accounts/store_choice.hpp"

#include "daemon/accounts/stores.hpp"

namespace eph {

StoreChoice choose_store(const std::string& before, bool keychain_is_there, const std::string& service_fault) {
    if (!before.empty()) return {before, "the account has been kept there", false};
    if (keychain_is_there) return {keychain_store, "this is macOS", true};
    if (service_fault.empty()) return {secret_service_store, "a Secret Service answers", true};
    return {file_store, "no Secret Service can be used: " + service_fault, true};
}

}  // namespace eph

// Which account a request works with, and which account can revoke a key.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "daemon/accounts/account.hpp"
#include "daemon/accounts/config_file.hpp"

namespace eph {

class Accounts {
public:
    // `environment` is what ephd found in its own environment and in systemd's credentials directory.
    Accounts(std::filesystem::path config_file, Credential environment, std::string environment_source);

    // The account for `provider`: what the client sent first, then ephd's environment, then the configuration.
    // Throws Error{no_account} that says what is missing.
    AccountRef pick(const std::string& provider, const Credential& from_client);

    // As pick() for an account that is not stored yet; it is not remembered.
    AccountRef preview(const Credential& credential);

    // The account for the n-th attempt to revoke a key of that place: the one it was made with first, then each other
    // in turn, as any of them may have been withdrawn. Nothing if none is loaded.
    AccountRef for_place(const Place& place, const std::string& fingerprint, std::int64_t attempt);

    std::vector<AccountRef> loaded();  // each place and key once
    std::vector<std::string> notes();  // what is wrong with the configuration, for people
    const std::filesystem::path& file() const { return file_; }
    const Config& config();  // as the file says now

    void store(Credential account);  // into the configuration file
    bool has_clients() const { return !from_clients_.empty(); }
    void forget_clients_except(const std::set<Place>& needed);

    // Called whenever an account became available that was not there before.
    std::function<void(const Place&)> on_loaded;

private:
    void refresh();
    AccountRef make(const Credential& from_client);
    void refuse_another_address(const Account& account, const Credential& from_client);
    void announce(const AccountRef& account);

    std::filesystem::path file_;
    Credential environment_;
    std::string environment_source_;
    Config config_;
    std::string config_error_;
    std::filesystem::file_time_type config_read_{};
    bool config_seen_ = false;
    std::vector<AccountRef> from_clients_;
    std::set<std::pair<Place, std::string>> announced_;
};

}  // namespace eph

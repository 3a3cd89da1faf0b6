// Accounts of a configuration file that a test writes, without an event loop to care for.
#pragma once

#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "daemon/accounts/accounts.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::test {

// Accounts whose coroutines are run to their end at once.
class SettledAccounts : public Accounts {
public:
    SettledAccounts(asio::io_context& context, const std::filesystem::path& file, Credential environment)
        : Accounts(context.get_executor(), file, found(std::move(environment))), context_(context) {}

    AccountRef pick(const char* provider, const Credential& from_client) {
        return result(Accounts::pick(provider, from_client));
    }
    AccountRef for_place(const Place& place, const std::string& fingerprint, std::int64_t attempt) {
        return result(Accounts::for_place(place, fingerprint, attempt));
    }
    AccountRef again(const Place& place, const std::string& fingerprint) {
        return result(Accounts::again(place, fingerprint));
    }
    std::string store(StoredAccount account, Secret key) {
        return result(Accounts::store(std::move(account), std::move(key)));
    }
    std::vector<AccountRef> every() {  // that makes keys, after asking the stores
        std::vector<std::string> problems;
        return result(Accounts::all(problems));
    }
    void erase(const char* name) { result(Accounts::erase("openai", name)); }

private:
    static FoundCredentials found(Credential credential) {
        FoundCredentials all;
        const std::string provider = credential.provider;
        if (!credential.empty()) all.emplace(provider, FoundCredential{std::move(credential), "environment"});
        return all;
    }
    template <class T>
    T result(Task<T> work) {
        auto outcome = asio::co_spawn(context_, std::move(work), asio::use_future);
        context_.restart();
        context_.run();
        return outcome.get();
    }
    asio::io_context& context_;
};

struct AccountsFixture {
    TempDirectory temp;
    asio::io_context context;
    std::filesystem::path file = temp / "config.json";

    std::unique_ptr<SettledAccounts> accounts(Credential environment = {}) {
        return std::make_unique<SettledAccounts>(context, file, std::move(environment));
    }
    void configure(const std::string& text) { write_file(file, text); }
    static Credential credential(const char* key, const char* project = "", const char* base_url = "") {
        Credential account;
        account.secret = Secret{key};
        account.project = project;
        account.base_url = base_url;
        return account;
    }
};

}  // namespace eph::test

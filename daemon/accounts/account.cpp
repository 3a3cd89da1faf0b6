// Fingerprints and names of accounts.
#include "daemon/accounts/account.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <openssl/evp.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {

std::string fingerprint_of(const Secret& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const std::string_view text = key.reveal();
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (std::size_t i = 0; i < 6; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

StoredAccount StoredAccount::without_key() const {
    StoredAccount same;
    same.name = name;
    same.provider = provider;
    same.store = store;
    same.project = project;
    same.base_url = base_url;
    same.command = command;
    same.shell = shell;
    same.fingerprint = fingerprint;
    return same;
}

KnownAccount known_account(const AccountRef& account) {
    KnownAccount known;
    known.name = account->name;
    known.place = account->place;
    known.fingerprint = account->fingerprint;
    known.source = account->source;
    known.makes_keys = account->makes_keys;
    known.own_base_url = account->own_base_url;
    known.account = account;
    return known;
}

std::string setup_command(const std::string& provider, const std::string& account) {
    std::string command = "eph auth setup";
    if (provider != "openai") command += " --provider " + provider;
    if (!account.empty() && account != "default") command += " --account " + account;
    return command;
}

void check_account_name(const std::string& name) {
    constexpr std::size_t longest = 40;
    const auto usual = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
    const bool fine = !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), usual) &&
                      std::isalnum(static_cast<unsigned char>(name[0])) != 0;
    if (fine) return;
    throw Error{Code::usage, "'{}' cannot be an account's name", printable(name, 60)}.hint(
        "A name is of 1 to 40 letters, digits, dots, hyphens and underscores, and begins with a letter or digit.");
}

}  // namespace eph

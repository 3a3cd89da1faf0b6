// Tokens: what is presented is hashed first, so that no comparison depends on how much of it is right.
#include "daemon/broker/brokered.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace eph {

std::string token_hash(std::string_view token) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

bool is_token(const Brokered& session, std::string_view token) {
    const std::string hash = token_hash(token);
    return hash.size() == session.token_hash.size() &&
           CRYPTO_memcmp(hash.data(), session.token_hash.data(), hash.size()) == 0;
}

}  // namespace eph

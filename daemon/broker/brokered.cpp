// Tokens: what is presented is hashed first, so that no comparison depends on how much of it is right.
#define OPENSSL_SUPPRESS_DEPRECATED  // what came after SHA256_Init() looks up its algorithm by name at each call
#include "daemon/broker/brokered.hpp"

#include <array>

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace eph {

std::string token_hash(std::string_view token) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, token.data(), token.size());
    SHA256_Final(digest.data(), &context);
    std::string text(2 * digest.size(), '\0');
    for (std::size_t i = 0; i < digest.size(); ++i) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    return text;
}

bool is_token(const Brokered& session, std::string_view token) {
    const std::string hash = token_hash(token);
    return hash.size() == session.token_hash.size() &&
           CRYPTO_memcmp(hash.data(), session.token_hash.data(), hash.size()) == 0;
}

}  // namespace eph

// Packs as servers do, for tests of what unpacks.
#pragma once

#include <string>

namespace eph::test {

// gzip and x-gzip in any case of letters, deflate, raw deflate, br, zstd, identity.
std::string compressed(const std::string& coding, const std::string& text);
std::string flushed(const std::string& coding, const std::string& text);  // all of it is there, but the end is not

}  // namespace eph::test

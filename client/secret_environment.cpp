// putenv(3) takes memory of ours, such as pages of a Secret's kind.
#include "client/secret_environment.hpp"

#include <cstdlib>
#include <cstring>
#include <string>

#include "common/providers.hpp"
#include "common/secret.hpp"

namespace eph {
namespace {

void lock_variable(const std::string& name) {
    char* const value = std::getenv(name.c_str());
    if (value == nullptr) return;
    const std::size_t size = std::strlen(value);
    const SecretPages pages = map_secret(name.size() + 1 + size + 1);  // for as long as eph runs
    std::memcpy(pages.data, name.data(), name.size());
    pages.data[name.size()] = '=';
    std::memcpy(pages.data + name.size() + 1, value, size);
    if (putenv(pages.data) != 0) return unmap_secret(pages.data, pages.size);
    wipe_range(value, size);
}

}  // namespace

void lock_environment() {
    lock_variable("OPENAI_ADMIN_KEY");
    for (const std::string& name : key_variables_of_all()) lock_variable(name);
}

}  // namespace eph

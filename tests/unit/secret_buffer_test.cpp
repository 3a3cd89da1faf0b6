// Text with a credential in it, as it is put together.
#include <string>

#include "../support/catch.hpp"
#include "common/secret_buffer.hpp"

using namespace eph;

TEST_CASE("a secret buffer grows past its pages, and is used again from the start") {
    SecretBuffer buffer;
    CHECK(buffer.reveal().empty());
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        buffer.append("piece");
        buffer.append("");
        expected += "piece";
    }
    CHECK(buffer.reveal() == expected);
    const char* const before = buffer.reveal().data();
    buffer.clear();
    CHECK(buffer.reveal().empty());
    CHECK(std::string(before, 5) == std::string(5, '\0'));  // its pages are still there, wiped
    buffer.append("next");
    CHECK(buffer.reveal() == "next");
    CHECK(buffer.reveal().data() == before);
}

// Credentials in memory.
#include "common/secret.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <type_traits>

#include <fmt/format.h>

#include "tests/support/catch.hpp"

using namespace eph;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!fmt::is_formattable<Secret>::value);

TEST_CASE("a secret holds what it was given") {
    const Secret secret{"sk-admin-1"};
    CHECK(secret.reveal() == "sk-admin-1");
    CHECK_FALSE(secret.empty());
    CHECK(Secret{}.empty());
    CHECK(Secret{""}.empty());
    CHECK(Secret{}.reveal().empty());
}

TEST_CASE("a secret longer than a page is whole") {
    const std::string text(10'000, 'k');
    CHECK(Secret{text}.reveal() == text);
}

TEST_CASE("a moved secret is in one place only") {
    Secret first{"one"};
    Secret second{std::move(first)};
    CHECK(first.empty());
    CHECK(second.reveal() == "one");
    Secret third{"three"};
    third = std::move(second);
    CHECK(second.empty());
    CHECK(third.reveal() == "one");
    Secret& same = third;
    third = std::move(same);
    CHECK(third.reveal() == "one");
}

TEST_CASE("copies of a secret stand in the same page, which lives as long as the last of them") {
    Secret first{"one"};
    Secret second = first.copy();
    Secret third = second.copy();
    CHECK(second.reveal().data() == first.reveal().data());
    first = Secret{"another"};
    second = Secret{};
    CHECK(third.reveal() == "one");
    CHECK(third.copy().reveal() == "one");
    CHECK(Secret{}.copy().empty());
}

TEST_CASE("taking a secret leaves nothing in the text it came from") {
    std::string text = "sk-admin-of-more-than-fifteen-characters";
    const char* memory = text.data();
    const std::size_t size = text.size();
    const Secret secret = Secret::take(text);
    CHECK(text.empty());
    CHECK(secret.reveal() == "sk-admin-of-more-than-fifteen-characters");
    CHECK(std::string(memory, size) == std::string(size, '\0'));
}

TEST_CASE("wiping covers the whole of a text's memory") {
    std::string text = "a secret text that lives on the heap";
    const char* memory = text.data();
    const std::size_t size = text.size();
    text.resize(3);  // the rest is still there
    wipe(text);
    CHECK(text.empty());
    CHECK(std::string(memory, size) == std::string(size, '\0'));
}

TEST_CASE("secrets are compared by their whole text") {
    const Secret secret{"token"};
    CHECK(secret.equals("token"));
    CHECK_FALSE(secret.equals("tokem"));
    CHECK_FALSE(secret.equals("Token"));
    CHECK_FALSE(secret.equals("toke"));
    CHECK_FALSE(secret.equals("tokens"));
    CHECK_FALSE(secret.equals(""));
    CHECK(Secret{}.equals(""));
}

TEST_CASE("a copy is a secret of its own") {
    Secret first{"one"};
    const Secret second = first.copy();
    first = Secret{};
    CHECK(second.reveal() == "one");
}

#if defined(MADV_WIPEONFORK) || defined(__linux__)
TEST_CASE("a child process finds nothing where a secret was") {
    const Secret secret{"sk-admin-1"};
    const pid_t child = fork();
    if (child == 0) _exit(secret.reveal()[0] == '\0' ? 0 : 1);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
#endif

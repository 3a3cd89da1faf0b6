// Prices: those that ship, those of a person, and what a request comes to.
#include "daemon/broker/prices.hpp"

#include <thread>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct Fixture {
    TempDirectory temp;
    std::filesystem::path file = temp / "prices.json";
    Prices prices{file};

    // A file of another size is another file, however quick the clock.
    void write_unseen(const std::string& text) { write_file(file, text + std::string(++writes_, '\n')); }
    void write(const std::string& text) {
        write_unseen(text);
        prices.look();
    }
    std::optional<std::int64_t> input(const char* provider, const char* model) {
        const auto found = prices.find(provider, model);
        return found ? std::optional{found->rates.input} : std::nullopt;
    }

private:
    std::size_t writes_ = 0;
};

Measured tokens(std::int64_t input, std::int64_t output) {
    Measured used;
    used.input = input;
    used.output = output;
    return used;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the prices that ship know the models that agents ask for") {
    for (const auto& [provider, model] :
         std::initializer_list<std::pair<const char*, const char*>>{{"openai", "gpt-5"},
                                                                    {"openai", "gpt-5-2025-08-07"},
                                                                    {"anthropic", "claude-sonnet-4-5-20250929"},
                                                                    {"anthropic", "claude-sonnet-5-5"},
                                                                    {"anthropic", "claude-opus-5-5-latest"},
                                                                    {"google", "gemini-2.5-flash"},
                                                                    {"google", "models/gemini-2.5-flash"},
                                                                    {"openrouter", "anthropic/claude-sonnet-4.5"},
                                                                    {"xai", "grok-4.7"},
                                                                    {"ollama", "whatever:7b"}}) {
        INFO(provider << " " << model);
        CHECK(prices.find(provider, model));
    }
    CHECK(input("openai", "gpt-5") == 1'250'000);
    CHECK(prices.find("openai", "gpt-5-nano")->rates.cached == 5'000);
    CHECK(input("openai", "gpt-4o-2024-05-13") == 5'000'000);  // a dated row of its own
    CHECK(input("openai", "gpt-4o-2024-08-06") == 2'500'000);
    CHECK_FALSE(prices.find("openai", "gpt-5-turbo-2099"));
    CHECK_FALSE(prices.find("openai", "ft:gpt-5:acme"));
    CHECK_FALSE(prices.find("openai", ""));
    CHECK_FALSE(prices.find("who", "gpt-5"));
    CHECK(prices.problem().empty());
}

TEST_CASE_METHOD(Fixture, "a person's prices go before those that ship, and follow the file") {
    write(
        R"({"prices":{"openai":{"gpt-5":{"input":9,"output":9},"own-*":{"input":1,"output":1},"own-big-*":{"input":2,"output":2}},
        "gemini":{"x":{"input":3,"output":3}}, "my-lab":{"*":{"input":0,"output":0}}}})");
    CHECK(input("openai", "gpt-5") == 9'000'000);
    CHECK(input("openai", "gpt-5-2025-08-07") == 9'000'000);
    CHECK(input("openai", "gpt-5-mini") == 250'000);
    CHECK(input("openai", "own-small") == 1'000'000);
    CHECK(input("openai", "own-big-1") == 2'000'000);
    CHECK(input("google", "x") == 3'000'000);
    CHECK(input("my-lab", "anything") == 0);
    write(R"({"prices":{"openai":{"gpt-5":{"input":8,"output":8}}}})");
    CHECK(input("openai", "gpt-5") == 8'000'000);
    std::filesystem::remove(file);
    prices.look();
    CHECK(input("openai", "gpt-5") == 1'250'000);
}

TEST_CASE_METHOD(Fixture, "a person's prices that have changed count within a second") {
    CHECK(input("openai", "gpt-5") == 1'250'000);
    write_unseen(R"({"prices":{"openai":{"gpt-5":{"input":9,"output":9}}}})");
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (input("openai", "gpt-5") != 9'000'000 && std::chrono::steady_clock::now() < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    CHECK(input("openai", "gpt-5") == 9'000'000);
}

TEST_CASE_METHOD(Fixture, "a price file that cannot be used is named, and what it said before holds") {
    write(R"({"prices":{"openai":{"gpt-5":{"input":9,"output":9}}}})");
    CHECK(input("openai", "gpt-5") == 9'000'000);
    const std::pair<const char*, const char*> table[] = {
        {"{", "it is not JSON"},
        {"[]", "it has no object 'prices'"},
        {R"({"prices":{"openai":[]}})", "'openai' is not an object"},
        {R"({"prices":{"openai":{"m":{"input":1}}}})", "'openai', 'm' has no 'output'"},
        {R"({"prices":{"openai":{"m":{"input":"1","output":1}}}})", "'openai', 'm': 'input' is not a price in dollars"},
        {R"({"prices":{"openai":{"m":{"input":-1,"output":1}}}})", "'openai', 'm': 'input' is not a price in dollars"},
        {R"({"prices":{"openai":{"m":{"input":1,"output":1,"above":5}}}})",
         "'openai', 'm': 'above' and 'beyond' belong together"},
        {R"({"prices":{"openai":{"m":{"input":1,"output":1,"above":-5,"beyond":{}}}}})",
         "'openai', 'm': 'above' is not a number of tokens"},
    };
    for (const auto& [text, problem] : table) {
        INFO(text);
        write(text);
        CHECK(prices.problem() == file.string() + " is not used as it is now: " + problem);
        CHECK(input("openai", "gpt-5") == 9'000'000);
    }
    write(R"({"prices":{}})");
    CHECK(prices.problem().empty());
    CHECK(input("openai", "gpt-5") == 1'250'000);
}

TEST_CASE("a request costs what its tokens cost, rounded up") {
    Price price;
    price.rates = {2'000'000, 200'000, 2'500'000, 4'000'000, 10'000'000};
    CHECK(cost_of(price, tokens(0, 0)) == 0);
    CHECK(cost_of(price, tokens(1'000'000, 100'000)) == 3'000'000);
    Measured used = tokens(1000, 10);
    used.cached = 500;
    used.cache_written = 300;
    used.cache_written_long = 100;
    CHECK(cost_of(price, used) == 200 * 2 + 100 + 200 * 5 / 2 + 100 * 4 + 10 * 10);
    used.cached = 5000;  // more than there was
    CHECK(cost_of(price, used) == 200 + 100);
    price.rates.input = 20'000;
    CHECK(cost_of(price, tokens(1, 0)) == 1);
    CHECK(cost_of(price, tokens(51, 0)) == 2);
    CHECK(cost_of(price, Measured{}) == 0);
    CHECK(cost_of(price, tokens(1'000'000'000, 1'000'000'000)) == 20'000'000 + 10'000'000'000);
}

TEST_CASE("beyond so many tokens of input the whole request costs more") {
    Price price;
    price.rates = {1'000'000, 100'000, 1'000'000, 1'000'000, 5'000'000};
    price.above = 1000;
    price.beyond = {2'000'000, 200'000, 2'000'000, 2'000'000, 7'000'000};
    CHECK(cost_of(price, tokens(1000, 10)) == 1050);
    CHECK(cost_of(price, tokens(1001, 10)) == 2002 + 70);
}

TEST_CASE("a glob fits as in a shell, but stops at nothing") {
    CHECK(fits_glob("*", ""));
    CHECK(fits_glob("a*b*c", "a/xx/bb/c"));
    CHECK(fits_glob("**a", "a"));
    CHECK(fits_glob("", ""));
    CHECK_FALSE(fits_glob("", "a"));
    CHECK_FALSE(fits_glob("a?", "a"));
    CHECK_FALSE(fits_glob("a*b", "ac"));
    CHECK_FALSE(fits_glob(std::string(40, '*') + "b", std::string(10'000, 'a')));
}

// A ledger's file with bytes changed in it: each three bytes of the input are a place and what stands there now. ephd
// opens it, or says why not; it never takes what is damaged for something else.
#include <fstream>
#include <sstream>

#include "common/error.hpp"
#include "daemon/ledger/ledger.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::fuzz {
namespace {

KeyRow a_key(int number) {
    KeyRow key;
    key.id = KeyId{"key" + std::to_string(number)};
    key.name = "eph-a-20261123T140509Z-exp-20261123T160509Z-" + std::to_string(number);
    key.place = Place{"openai", "proj_1", "https://api.openai.com/v1"};
    key.created = from_millis(1'790'000'000'000);
    key.deadline = from_millis(1'790'007'200'000);
    return key;
}

std::string good_ledger(const std::filesystem::path& file) {
    {
        Ledger ledger{file};
        for (int i = 0; i < 20; ++i) ledger.intend(a_key(i), std::nullopt, "fuzz");
    }
    return test::read_file(file);
}

void damage(std::string& bytes, std::string_view input) {
    for (; input.size() >= 3; input.remove_prefix(3)) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(input[i])); };
        bytes[(byte(0) * 256 + byte(1)) * bytes.size() / 65536] = input[2];
    }
}

void read_all(const std::filesystem::path& file) {
    Ledger ledger{file};
    for (int i = 0; i < 20; ++i) (void)ledger.key(KeyId{"key" + std::to_string(i)});
    (void)ledger.last_of_audit(100);
    (void)ledger.revoke_unfinished(from_millis(1'790'000'000'000));
}

}  // namespace

void one(std::string_view input) {
    static const test::TempDirectory directory;
    static const std::string good = good_ledger(directory / "good.db");
    const auto file = directory / "ledger.db";
    for (const char* const end : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + end);
    std::string bytes = good;
    damage(bytes, input);
    test::write_file(file, bytes);
    try {
        read_all(file);
    } catch (const Error& error) {
        must_be_printable(error.message());
    }
}

}  // namespace eph::fuzz

// config.json: what it may hold, who may read it, how it changes.
#include "daemon/accounts/config_file.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct Fixture {
    TempDirectory temp;
    std::filesystem::path file = temp / "config/eph/config.json";

    Config read(const std::string& text) {
        write_file(file, text);
        return read_config(file);
    }
    std::string refusal(const std::string& text) {
        return error_of([&] { read(text); }).message();
    }
    std::vector<std::string> neighbours() {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(file.parent_path()))
            names.push_back(entry.path().filename());
        return names;
    }
};

Credential credential(const char* key, const char* project, const char* base_url = "") {
    Credential account;
    account.admin_key = Secret{key};
    account.project = project;
    account.base_url = base_url;
    return account;
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    return info.st_mode & 0777;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "without a configuration there are defaults and no account") {
    const Config config = read_config(file);
    CHECK(config.openai.empty());
    CHECK(config.max_ttl == 24h);
    CHECK(config.default_ttl == 2h);
    CHECK(read("{}").openai.empty());
    CHECK(read(R"({"openai": {}})").openai.empty());
}

TEST_CASE_METHOD(Fixture, "a configuration is read in our spelling and in the original tool's") {
    for (
        const char* text :
        {R"({"openai": {"admin_key": "sk-admin-1", "project_id": "proj_1", "base_url": "https://eu.api.openai.com/v1"}})",
         R"({"openai": {"adminKey": " sk-admin-1\n", "projectId": "proj_1 ", "baseUrl": "https://eu.api.openai.com/v1"}, "x": 1})"}) {
        const Config config = read(text);
        CHECK(config.openai.admin_key.reveal() == "sk-admin-1");
        CHECK(config.openai.project == "proj_1");
        CHECK(config.openai.base_url == "https://eu.api.openai.com/v1");
    }
    CHECK(read(R"({"openai": {"admin_key": "new", "adminKey": "old"}})").openai.admin_key.reveal() == "new");
    CHECK(read(R"({"openai": {"admin_key": null, "adminKey": "old"}})").openai.admin_key.reveal() == "old");
}

TEST_CASE_METHOD(Fixture, "the configuration says how long a key may live") {
    const Config config = read(R"({"max_ttl": "7d", "default_ttl": "30m"})");
    CHECK(config.max_ttl == 168h);
    CHECK(config.default_ttl == 30min);
    CHECK(read(R"({"max_ttl": "1h"})").default_ttl == 1h);  // never more than the most
    CHECK(read(R"({"max_ttl": "1h", "default_ttl": "3h"})").default_ttl == 1h);
}

TEST_CASE_METHOD(Fixture, "a mistake in the configuration is named with the file") {
    const std::string name = file.string();
    CHECK(refusal("{") == name + " is not a JSON object");
    CHECK(refusal("") == name + " is not a JSON object");
    CHECK(refusal("[]") == name + " is not a JSON object");
    CHECK(refusal(R"({"openai": "sk"})") == name + ": 'openai' must be an object");
    CHECK(refusal(R"({"openai": {"admin_key": 5}})") == name + ": 'admin_key' must be a text");
    CHECK(refusal(R"({"openai": {"projectId": []}})") == name + ": 'projectId' must be a text");
    CHECK(refusal(R"({"max_ttl": 3600})") == name + ": 'max_ttl' must be a text");
    CHECK(refusal(R"({"max_ttl": "soon"})") == name + ": 'max_ttl': 'soon' is not a length of time");
    CHECK(refusal(R"({"default_ttl": "0"})") ==
          name + ": 'default_ttl': a length of time must be more than zero, not '0'");
    CHECK(error_of([&] { read("{"); }).hint() == "Mend it, or move it aside and run: eph auth setup");
}

TEST_CASE_METHOD(Fixture, "an admin key that others can read is not used") {
    write_file(file, R"({"openai": {"admin_key": "sk-admin-1", "project_id": "p"}})");
    for (const mode_t mode : {0640, 0604, 0660, 0644, 0666}) {
        REQUIRE(chmod(file.c_str(), mode) == 0);
        const Error error = error_of([&] { read_config(file); });
        CHECK(error.code() == Code::storage);
        CHECK(error.message() == file.string() + " holds an admin key and can be read by other users");
        CHECK(error.hint() == "Run: chmod 600 " + file.string());
    }
    REQUIRE(chmod(file.c_str(), 0400) == 0);
    CHECK(read_config(file).openai.admin_key.reveal() == "sk-admin-1");
}

TEST_CASE_METHOD(Fixture, "a configuration without an admin key may be read by all") {
    write_file(file, R"({"max_ttl": "1h", "openai": {"project_id": "p"}})");
    REQUIRE(chmod(file.c_str(), 0644) == 0);
    CHECK(read_config(file).openai.project == "p");
}

TEST_CASE_METHOD(Fixture, "an account that is stored reads back, for its user only") {
    write_account(file, credential("sk-admin-1", "proj_1", "https://eu.api.openai.com/v1"));
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(file.parent_path()) == 0700);
    const Config config = read_config(file);
    CHECK(config.openai.admin_key.reveal() == "sk-admin-1");
    CHECK(config.openai.project == "proj_1");
    CHECK(config.openai.base_url == "https://eu.api.openai.com/v1");
    CHECK(neighbours() == std::vector<std::string>{"config.json"});
}

TEST_CASE_METHOD(Fixture, "storing an account leaves the rest of the file as it is") {
    write_file(
        file,
        R"({"zeta": [1, {"a": null}], "max_ttl": "3h", "openai": {"adminKey": "old", "projectId": "old", "baseUrl": "https://old", "note": "ü"}})");
    write_account(file, credential("sk-admin-2", "proj_2"));
    const json document = json::parse(read_file(file));
    CHECK(document == json{{"zeta", {1, {{"a", nullptr}}}},
                           {"max_ttl", "3h"},
                           {"openai", {{"admin_key", "sk-admin-2"}, {"project_id", "proj_2"}, {"note", "ü"}}}});
    CHECK(read_file(file).starts_with("{\n  \"zeta\""));  // in the order that the person wrote
}

TEST_CASE_METHOD(Fixture, "a file that is not understood is not overwritten") {
    write_file(file, "{ my notes");
    CHECK_THROWS_AS(write_account(file, credential("sk", "p")), Error);
    CHECK(read_file(file) == "{ my notes");
    CHECK(neighbours() == std::vector<std::string>{"config.json"});
}

TEST_CASE_METHOD(Fixture, "a configuration that is a link stays one") {
    write_file(temp / "dotfiles/config.json", "{}");
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::create_symlink(temp / "dotfiles/config.json", file);
    write_account(file, credential("sk-admin-1", "proj_1"));
    CHECK(std::filesystem::is_symlink(file));
    CHECK(read_config(temp / "dotfiles/config.json").openai.admin_key.reveal() == "sk-admin-1");
}

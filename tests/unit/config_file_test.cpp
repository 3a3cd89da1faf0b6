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

StoredAccount credential(const char* key, const char* project, const char* base_url = "") {
    StoredAccount account;
    account.store = "file";
    account.secret = Secret{key};
    account.project = project;
    account.base_url = base_url;
    return account;
}

const StoredAccount& openai(const Config& config) {
    REQUIRE(config.find("openai", "default") != nullptr);
    return *config.find("openai", "default");
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    return info.st_mode & 0777;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "without a configuration there are defaults and no account") {
    const Config config = read_config(file);
    CHECK(config.accounts.empty());
    CHECK(config.default_account == "default");
    CHECK(config.store_timeout == 10s);
    CHECK(config.max_ttl == 24h);
    CHECK(config.default_ttl == 2h);
    CHECK(read("{}").accounts.empty());
    CHECK(openai(read(R"({"openai": {}})")).store.empty());
}

TEST_CASE_METHOD(Fixture, "a configuration is read in our spelling and in the original tool's") {
    for (
        const char* text :
        {R"({"openai": {"admin_key": "sk-admin-1", "project_id": "proj_1", "base_url": "https://eu.api.openai.com/v1"}})",
         R"({"openai": {"adminKey": " sk-admin-1\n", "projectId": "proj_1 ", "baseUrl": "https://eu.api.openai.com/v1"}})"}) {
        const Config config = read(text);
        CHECK(openai(config).secret.reveal() == "sk-admin-1");
        CHECK(openai(config).project == "proj_1");
        CHECK(openai(config).base_url == "https://eu.api.openai.com/v1");
    }
    const Config both = read(R"({"openai": {"admin_key": "new", "adminKey": "old"}})");
    CHECK(openai(both).secret.reveal() == "new");
    const Config old = read(R"({"openai": {"admin_key": null, "adminKey": "old"}})");
    CHECK(openai(old).secret.reveal() == "old");
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
    CHECK(refusal(R"({"openai": {"admin_key": 5}})") == name + ": 'openai.admin_key' must be a text");
    CHECK(refusal(R"({"openai": {"projectId": []}})") == name + ": 'openai.projectId' must be a text");
    CHECK(refusal(R"({"max_ttl": 3600})") == name + ": 'max_ttl' must be a length of time, such as \"90m\"");
    CHECK(refusal(R"({"accounts": {"work": 1}})") == name + ": 'accounts.work' must be an object");
    CHECK(refusal(R"({"accounts": {"a b": {}}})") == name + ": 'a b' cannot be an account's name");
    CHECK(refusal(R"({"accounts": {"default": {}}})") == name + ": 'accounts.default' cannot be");
    CHECK(refusal(R"({"accounts": {"work": {"provider": "nobody"}}})") ==
          name + ": 'accounts.work' is of the provider 'nobody', which is not known");
    CHECK(refusal(R"({"openai": {"store": "drawer"}})") == name + ": 'openai' has an unknown store 'drawer'");
    CHECK(refusal(R"({"openai": {"store": "pass", "admin_key": "sk"}})") ==
          name + ": 'openai' holds an admin key, though its store is pass");
    CHECK(refusal(R"({"openai": {"store": "command"}})") == name + ": 'openai' has the store command and no command");
    CHECK(refusal(R"({"openai": {"store": "command", "command": ["a", 1]}})") ==
          name + ": 'openai.command' must be a text or a list of words");
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
    const Config config = read_config(file);
    CHECK(openai(config).secret.reveal() == "sk-admin-1");
}

TEST_CASE_METHOD(Fixture, "a configuration without an admin key may be read by all") {
    write_file(file, R"({"max_ttl": "1h", "openai": {"project_id": "p"}})");
    REQUIRE(chmod(file.c_str(), 0644) == 0);
    const Config config = read_config(file);
    CHECK(openai(config).project == "p");
    REQUIRE(chmod(file.c_str(), 0664) == 0);  // who writes it says where admin keys are sent, and what is run
    CHECK(error_of([&] { read_config(file); }).message() == file.string() + " can be changed by other users");
}

TEST_CASE_METHOD(Fixture, "a key that nobody knows is refused by its name, with the one that may be meant") {
    struct Row {
        const char* text;
        const char* name;
        const char* hint;
    };
    const Row row = GENERATE(
        Row{R"({"max_tll": "1h"})", "max_tll", "Did you mean 'max_ttl'?"},
        Row{R"({"openai": {"project": "p"}})", "openai.project", "Did you mean 'project_id'?"},
        Row{R"({"accounts": {"work": {"adminkey": "p"}}})", "accounts.work.adminkey", "Did you mean 'admin_key'?"},
        Row{R"({"colour": "blue"})", "colour",
            "Known are: openai, <provider>, accounts, default_account, providers, via, default_ttl, max_ttl, "
            "store_timeout."},
        Row{R"({"admin_key": "sk"})", "admin_key",
            "Known are: openai, <provider>, accounts, default_account, providers, via, default_ttl, max_ttl, "
            "store_timeout."});
    const Error error = error_of([&] { read(row.text); });
    CHECK(error.message() == file.string() + ": '" + row.name + "' is not known");
    CHECK(error.hint() == row.hint);
}

TEST_CASE_METHOD(Fixture, "further accounts have names, stores and projects of their own") {
    const Config config = read(R"({
        "openai": {"store": "keychain"}, "default_account": "work", "store_timeout": "1m",
        "accounts": {"work": {"provider": "openai", "store": "command", "command": "op read x", "project_id": "p1"},
                     "home.2": {"store": "command", "command": ["op", "read", "y"], "fingerprint": "0a"},
                     "third": {"admin_key": "sk-3", "project_id": "p3"}}})");
    CHECK(config.default_account == "work");
    CHECK(config.store_timeout == 1min);
    REQUIRE(config.accounts.size() == 4);
    CHECK(openai(config).store == "keychain");
    CHECK(config.find("openai", "work")->command == std::vector<std::string>{"op read x"});
    CHECK(config.find("openai", "work")->shell);
    CHECK(config.find("openai", "home.2")->command == std::vector<std::string>{"op", "read", "y"});
    CHECK_FALSE(config.find("openai", "home.2")->shell);
    CHECK(config.find("openai", "home.2")->fingerprint == "0a");
    CHECK(config.find("openai", "third")->store == "file");
    CHECK(config.find("openai", "fourth") == nullptr);
}

TEST_CASE_METHOD(Fixture, "an account with a name is written and erased beside the others") {
    write_file(file, R"({"openai": {"admin_key": "sk-1"}, "max_ttl": "3h", "default_account": "work"})");
    StoredAccount work;
    work.name = "work", work.store = "pass", work.project = "p2", work.fingerprint = "0a";
    write_account(file, work);
    CHECK(json::parse(read_file(file)) ==
          json{{"openai", {{"admin_key", "sk-1"}}},
               {"max_ttl", "3h"},
               {"default_account", "work"},
               {"accounts",
                {{"work", {{"provider", "openai"}, {"store", "pass"}, {"project_id", "p2"}, {"fingerprint", "0a"}}}}}});
    erase_account(file, "work", "openai");
    CHECK(json::parse(read_file(file)) == json{{"openai", {{"admin_key", "sk-1"}}}, {"max_ttl", "3h"}});
    erase_account(file, "default", "openai");
    CHECK(json::parse(read_file(file)) == json{{"max_ttl", "3h"}});
}

TEST_CASE_METHOD(Fixture, "an account that is stored reads back, for its user only") {
    write_account(file, credential("sk-admin-1", "proj_1", "https://eu.api.openai.com/v1"));
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(file.parent_path()) == 0700);
    const Config config = read_config(file);
    CHECK(openai(config).secret.reveal() == "sk-admin-1");
    CHECK(openai(config).project == "proj_1");
    CHECK(openai(config).base_url == "https://eu.api.openai.com/v1");
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
    const Config config = read_config(temp / "dotfiles/config.json");
    CHECK(openai(config).secret.reveal() == "sk-admin-1");
}

TEST_CASE_METHOD(Fixture, "what is no file of a sensible size is no configuration, and keeps nobody waiting") {
    write_file(file, "{}");
    std::filesystem::remove(file);
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    CHECK(error_of([&] { read_config(file); }).message() == file.string() + " is not a regular file");
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/dev/zero", file);
    CHECK(error_of([&] { read_config(file); }).code() == Code::storage);
    std::filesystem::remove(file);
    write_file(file, "{}");
    std::filesystem::resize_file(file, std::uintmax_t{64} << 20);
    CHECK(error_of([&] { read_config(file); }).message() == file.string() + " is larger than a configuration can be");
}

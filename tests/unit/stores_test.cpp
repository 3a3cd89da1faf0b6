// What each store makes its program do; which store is chosen; what an admin key looks like.
#include "daemon/accounts/stores.hpp"

#include "common/admin_key.hpp"
#include "common/config_keys.hpp"
#include "daemon/accounts/store_choice.hpp"
#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;

namespace {

Slot slot(const char* store, const char* name = "default") {
    StoredAccount account;
    account.store = store, account.name = name, account.project = "p";
    return Slot{account};
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the key goes to a store's program on stdin, and never stands in its arguments") {
    const Secret key{"sk-admin-\"secret\\"};
    for (const Store& store : stores()) {
        if (store.put == nullptr) continue;
        INFO(store.name);
        const StoreCall call = store.put(slot(store.name.data()), key);
        CHECK(call.command[0] == store.program);
        CHECK(call.input.reveal().find("sk-admin") != std::string_view::npos);
        for (const std::string& word : call.command) CHECK(word.find("sk-admin") == std::string::npos);
    }
}

TEST_CASE("the keychain's entries are those of the original tool, and further ones beside them") {
    const Store& store = find_store("keychain");
    CHECK(store.load(slot("keychain")).command ==
          Words{"security", "find-generic-password", "-s", "eph-openai-admin-key", "-w"});
    CHECK(store.load(slot("keychain", "work")).command ==
          Words{"security", "find-generic-password", "-s", "eph-openai-admin-key.work", "-w"});
    CHECK(store.clear(slot("keychain")).command ==
          Words{"security", "delete-generic-password", "-s", "eph-openai-admin-key"});
    CHECK(find_project(slot("keychain")).command ==
          Words{"security", "find-generic-password", "-s", "eph-openai-project-id", "-w"});
    const StoreCall put = store.put(slot("keychain"), Secret{"sk-\"\\1"});
    CHECK(put.command == Words{"security", "-i"});
    CHECK(put.input.reveal() ==
          "add-generic-password -U -a \"default\" -s \"eph-openai-admin-key\" -w \"sk-\\\"\\\\1\"\n");
}

TEST_CASE("each account has an entry of its own in the Secret Service and in pass") {
    const Words attributes{"application", "eph", "provider", "openai", "account", "work"};
    Words lookup{"secret-tool", "lookup"};
    lookup.insert(lookup.end(), attributes.begin(), attributes.end());
    CHECK(find_store("secret-service").load(slot("secret-service", "work")).command == lookup);
    CHECK(find_store("pass").load(slot("pass", "work")).command == Words{"pass", "show", "eph/openai/work"});
    CHECK(find_store("pass").clear(slot("pass", "work")).command == Words{"pass", "rm", "--force", "eph/openai/work"});
}

TEST_CASE("a command that is one text is for the shell, and a list of words is run as it is") {
    StoredAccount account;
    account.store = "command", account.command = {"op read x"}, account.shell = true;
    CHECK(find_store("command").load(Slot{account}).command == Words{"/bin/sh", "-c", "op read x"});
    account.command = {"op", "read", "x y"}, account.shell = false;
    CHECK(find_store("command").load(Slot{account}).command == Words{"op", "read", "x y"});
}

TEST_CASE("the stores that can be named are those that there are") {
    Words names;
    for (const Store& store : stores()) names.emplace_back(store.name);
    CHECK(names == Words{store_names.begin(), store_names.end()});
    const Error error = error_of([] { (void)find_store("drawer"); });
    CHECK(error.message() == "the store 'drawer' is not known");
    CHECK(error.hint() == "Known stores: file, keychain, secret-service, pass, command, memory.");
}

TEST_CASE("a store is chosen by what there is, and the choice has a reason") {
    struct Row {
        const char* before;
        bool keychain;
        const char* fault;
        const char* store;
        const char* reason;
    };
    const Row row =
        GENERATE(Row{"", false, "", "secret-service", "a Secret Service answers"},
                 Row{"", false, "it is locked", "file", "no Secret Service can be used: it is locked"},
                 Row{"", true, "", "keychain", "this is macOS"}, Row{"", true, "x", "keychain", "this is macOS"},
                 Row{"pass", false, "", "pass", "the account has been kept there"},
                 Row{"file", true, "", "file", "the account has been kept there"});
    const StoreChoice choice = choose_store(row.before, row.keychain, row.fault);
    CHECK(choice.store == row.store);
    CHECK(choice.reason == row.reason);
}

TEST_CASE("what is no admin key is refused before it goes anywhere") {
    struct Row {
        const char* key;
        bool at_openai;
        const char* what;
    };
    const Row row = GENERATE(
        Row{"sk-admin-abc_DEF-123", true, ""}, Row{"sk-proj-abc", false, "is the key of an OpenAI project"},
        Row{"sk-svcacct-abc", false, "is the key of an OpenAI service account"},
        Row{"sk-ant-api03-abc", false, "is an Anthropic key"},
        Row{"sk-ant-admin01-abc", true, "is an Anthropic admin key"},
        Row{"sk-or-v1-abc", false, "is an OpenRouter key"}, Row{"proj_abc", false, "is the id of an OpenAI project"},
        Row{"org-abc", false, "is the id of an OpenAI organisation"}, Row{"", false, "is empty"},
        Row{"sk-admin-a b", false, "holds white space"}, Row{"sk-admin-a\nb", false, "holds white space"},
        Row{"sk-admin-\x01", false, "holds characters that no key has"},
        Row{"sk-admin-\xc3\xbc", false, "holds characters that no key has"},
        Row{"sk-abc", true, "does not begin with sk-admin-"},
        Row{"gateway-token", true, "does not begin with sk-admin-"}, Row{"gateway-token", false, ""},
        Row{"sk-abc", false, ""});
    CAPTURE(row.key, row.at_openai);
    const KeyFault fault = fault_of_admin_key(row.key, row.at_openai);
    CHECK(fault.what == row.what);
    CHECK(fault.hint.empty() == fault.what.empty());
}

TEST_CASE("what is no API key of the provider is refused before it goes anywhere") {
    struct Row {
        const char* provider;
        const char* key;
        bool at_provider;
        const char* what;
    };
    const Row row = GENERATE(
        Row{"anthropic", "sk-ant-api03-abc", true, ""},
        Row{"anthropic", "sk-ant-admin01-abc", true, "is an Anthropic admin key"},
        Row{"anthropic", "sk-ant-admin01-abc", false, "is an Anthropic admin key"},
        Row{"anthropic", "sk-ant-oat01-abc", false, "is a token of a Claude subscription"},
        Row{"anthropic", "sk-proj-abc", true, "is an OpenAI key"}, Row{"anthropic", "sk-proj-abc", false, ""},
        Row{"anthropic", "sk-admin-abc", false, "is an OpenAI admin key"},
        Row{"anthropic", "abc", true, "does not begin with sk-ant-"}, Row{"anthropic", "abc", false, ""},
        Row{"anthropic", "", false, "is empty"}, Row{"anthropic", "sk-ant-a b", false, "holds white space"},
        Row{"google", "AIzaabc", true, ""}, Row{"google", "AQ.abc", true, ""},
        Row{"google", "gsk_abc", true, "is a Groq key"}, Row{"groq", "gsk_abc", true, ""},
        Row{"openrouter", "sk-or-v1-abc", true, ""}, Row{"openrouter", "sk-ant-abc", true, "is an Anthropic key"},
        Row{"my-lab", "sk-ant-abc", false, ""}, Row{"my-lab", "sk-ant-admin01-abc", false, "is an Anthropic admin key"},
        Row{"deepseek", "sk-abc", true, ""});
    CAPTURE(row.provider, row.key, row.at_provider);
    const KeyFault fault = fault_of_api_key(row.provider, row.key, row.at_provider);
    CHECK(fault.what == row.what);
    CHECK(fault.hint.empty() == fault.what.empty());
}

TEST_CASE("what somebody else says is passed on without keys") {
    CHECK(without_keys("no such key: sk-admin-1_2, try again") == "no such key: sk-..., try again");
    CHECK(without_keys("sk-1") == "sk-...");
    CHECK(without_keys("task-runner 'sk-a'(sk-b)") == "task-runner 'sk-...'(sk-...)");
    CHECK(without_keys("") == "");
}

TEST_CASE("every key of the configuration is explained") {
    for (const ConfigKey& key : config_keys()) {
        INFO(key.name);
        CHECK_FALSE(key.help.empty());
        CHECK_FALSE(key.help.ends_with('.'));
        CHECK(find_config_key(key.name == any_provider ? "gemini" : key.name, key.part) == &key);
        if (!key.original.empty()) CHECK(find_config_key(key.original, key.part) == &key);
    }
    CHECK(find_config_key("max_ttl", ConfigPart::account) == nullptr);
    CHECK(find_config_key(any_provider, ConfigPart::file) == nullptr);
    CHECK(find_config_key("anthropic", ConfigPart::account) == nullptr);
    CHECK(hint_for_unknown_key("base_ur", ConfigPart::account) == "Did you mean 'base_url'?");
    CHECK(hint_for_unknown_key("store-timeout", ConfigPart::file) == "Did you mean 'store_timeout'?");
    CHECK(hint_for_unknown_key("antropic", ConfigPart::file) == "Did you mean 'anthropic'?");
    CHECK(hint_for_unknown_key("auth-header", ConfigPart::provider) == "Did you mean 'auth_header'?");
}

// One row for each store.
#include "daemon/accounts/stores.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

StoreCall call(std::vector<std::string> command) {
    StoreCall made;
    made.command = std::move(command);
    return made;
}

// --- keychain: macOS's security(1) ---

std::string service(const Slot& slot) {
    const bool admin = makes_keys_at(slot.provider);
    const std::string base = "eph-" + slot.provider + (admin ? "-admin-key" : "-api-key");  // OpenAI's: the original's
    return slot.name == "default" ? base : base + "." + slot.name;
}

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

StoreCall keychain_load(const Slot& slot) {
    return call({"security", "find-generic-password", "-s", service(slot), "-w"});
}
StoreCall keychain_clear(const Slot& slot) {
    return call({"security", "delete-generic-password", "-s", service(slot)});
}

// As an argument of security's own, every user could read the key: -i takes whole command lines from stdin.
StoreCall keychain_put(const Slot& slot, const Secret& key) {
    StoreCall made = call({"security", "-i"});
    std::string line;
    line.reserve(key.reveal().size() * 2 + 200);  // growing would leave copies of the key behind
    line += "add-generic-password -U -a " + in_quotes(slot.name) + " -s " + in_quotes(service(slot)) + " -w ";
    std::string word = in_quotes(key.reveal());
    line += word;
    wipe(word);
    line += "\n";
    made.input = Secret::take(line);
    return made;
}

bool keychain_absent(int status, std::string_view) { return status == 44; }  // errSecItemNotFound
std::string keychain_where(const Slot& slot) { return "the Keychain, service " + service(slot); }

// --- secret-service: libsecret's secret-tool(1) ---

std::vector<std::string> with_attributes(std::vector<std::string> words, const Slot& slot) {
    for (const std::string& word : {std::string{"application"}, std::string{"eph"}, std::string{"provider"},
                                    slot.provider, std::string{"account"}, slot.name}) {
        words.push_back(word);
    }
    return words;
}

StoreCall service_load(const Slot& slot) { return call(with_attributes({"secret-tool", "lookup"}, slot)); }
StoreCall service_clear(const Slot& slot) { return call(with_attributes({"secret-tool", "clear"}, slot)); }
StoreCall service_find(const Slot& slot) { return call(with_attributes({"secret-tool", "search"}, slot)); }
StoreCall service_put(const Slot& slot, const Secret& key) {
    StoreCall made = call(
        with_attributes({"secret-tool", "store", "--label=eph: " + slot.provider + " account " + slot.name}, slot));
    made.input = key.copy();
    return made;
}
bool service_absent(int status, std::string_view said) { return status == 1 && said.empty(); }  // or it is locked
std::string service_where(const Slot& slot) {
    return fmt::format("the Secret Service (application eph, provider {}, account {})", slot.provider, slot.name);
}

// --- pass(1) ---

std::string entry(const Slot& slot) { return "eph/" + slot.provider + "/" + slot.name; }

StoreCall pass_load(const Slot& slot) { return call({"pass", "show", entry(slot)}); }
StoreCall pass_clear(const Slot& slot) { return call({"pass", "rm", "--force", entry(slot)}); }
StoreCall pass_put(const Slot& slot, const Secret& key) {
    StoreCall made = call({"pass", "insert", "--multiline", "--force", entry(slot)});
    made.input = key.copy();
    return made;
}
bool pass_absent(int status, std::string_view said) {
    return status == 1 && said.find("is not in the password store") != said.npos;
}
std::string pass_where(const Slot& slot) { return "pass, entry " + entry(slot); }

// --- command: whatever prints the key ---

StoreCall command_load(const Slot& slot) {
    if (!slot.shell) return call(slot.command);
    return call({"/bin/sh", "-c", slot.command.empty() ? "" : slot.command[0]});
}
bool never_absent(int, std::string_view) { return false; }
std::string command_where(const Slot& slot) {
    std::string line;
    for (const std::string& word : slot.command) line += (line.empty() ? "" : " ") + word;
    return "the command: " + printable(line, 200);
}

std::string file_where(const Slot&) { return "config.json"; }
std::string memory_where(const Slot&) { return "ephd's memory alone"; }

constexpr std::array table{
    Store{file_store, "", nullptr, nullptr, nullptr, nullptr, never_absent, file_where, ""},
    Store{keychain_store, "security", keychain_load, keychain_put, keychain_clear, nullptr, keychain_absent,
          keychain_where,
          "Unlock the keychain (security unlock-keychain), or choose another store: eph auth setup --store file"},
    Store{secret_service_store, "secret-tool", service_load, service_put, service_clear, service_find, service_absent,
          service_where,
          "Unlock the keyring (log in to the desktop, or gnome-keyring-daemon --unlock), or choose another store: eph "
          "auth "
          "setup --store file"},
    Store{pass_store, "pass", pass_load, pass_put, pass_clear, nullptr, pass_absent, pass_where,
          "Try it by hand (pass show), so that gpg can ask for its passphrase, or choose another store: eph auth setup "
          "--store file"},
    Store{command_store, "the command", command_load, nullptr, nullptr, nullptr, never_absent, command_where,
          "Try it by hand, and name a working one: eph auth setup --store command --command '...'"},
    Store{memory_store, "", nullptr, nullptr, nullptr, nullptr, never_absent, memory_where, ""},
};

}  // namespace

std::span<const Store> stores() { return table; }

const Store& find_store(std::string_view name) {
    std::string known;
    for (const Store& each : table) {
        if (each.name == name) return each;
        known += (known.empty() ? "" : ", ") + std::string{each.name};
    }
    throw Error{Code::usage, "the store '{}' is not known", printable(name, 40)}.hint("Known stores: " + known + ".");
}

StoreCall find_project(const Slot& slot) {
    return call({"security", "find-generic-password", "-s", "eph-" + slot.provider + "-project-id", "-w"});
}

}  // namespace eph

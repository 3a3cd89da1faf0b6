// The stores of admin keys, each with its real program; slow, locked and missing ones.
#include <algorithm>

#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/store_user.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

struct Fixture : StoreUser {
    // The key is there, nowhere in the configuration, and still there after a restart: eph works with it.
    void check_store(const std::string& store, const std::string& where) {
        const Finished end = set_up({"--store", store});
        INFO(end.err);
        REQUIRE(end.status == 0);
        check_memory();
        CHECK_THAT(end.err, Contains("is stored in " + where));
        CHECK(configuration().find(admin_key) == std::string::npos);
        CHECK(Json::parse(configuration()).at("openai").at("store") == store);
        restart_daemon();
        CHECK(account("default").at("state") == "not loaded");
        CHECK(account("default").at("source") == store);
        CHECK(eph({"keys", "create", "--ttl", "1s"}).status == 0);
        CHECK(account("default").at("state") == "ready");
        CHECK(ephd->wait_for_key("revoked").at("outcome") == "confirmed");
        check_memory();
    }
    // Of all that ephd has heard of the key, one locked page is left.
    void check_memory() const {
        if (!memory_can_be_read()) return;
        const std::vector<Sighting> all = sightings(ephd->pid(), admin_key);
        INFO(told(all));
        CHECK(all.size() == 1);
        CHECK(std::all_of(all.begin(), all.end(), [](const Sighting& each) { return each.kept_as_a_secret(); }));
    }
};

// A session bus of its own, and GNOME's keyring with an open collection.
struct Keyring : Fixture {
    Keyring() : there(available("dbus-daemon") && available("gnome-keyring-daemon") && available("secret-tool")) {
        if (!there) return;
        const std::string address = "unix:path=" + home.path("bus").string();
        bus = std::make_unique<Program>(
            std::vector<std::string>{"dbus-daemon", "--session", "--nofork", "--print-address", "--address=" + address},
            home.variables);
        bus->wait_for_out("unix:");
        home.variables["DBUS_SESSION_BUS_ADDRESS"] = address;
        unlock();
        start_daemon();
    }
    void unlock() const { run({"gnome-keyring-daemon", "--replace", "--unlock", "--components=secrets"}, "password"); }
    void lock() const {
        run({"dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets",
             "org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login"});
    }
    bool there;
    std::unique_ptr<Program> bus;
};

// pass with a key of gpg's that has no passphrase.
struct Pass : Fixture {
    Pass() : there(available("pass") && available("gpg")) {
        if (!there) return;
        home.variables["GNUPGHOME"] = home.path("gnupg");
        home.variables["PASSWORD_STORE_DIR"] = home.path("pass");
        std::filesystem::create_directory(home.path("gnupg"));
        std::filesystem::permissions(home.path("gnupg"), std::filesystem::perms::owner_all);
        run({"gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "eph", "default", "default", "never"});
        run({"pass", "init", "eph"});
        start_daemon();
    }
    bool there;
};

// security(1) as macOS has it, as far as eph uses it: entries are files, and what it was given is written down.
constexpr const char* security = R"sh(
echo "$*" >>"$HOME/security.argv"
entry() { while [ $# -gt 0 ]; do [ "$1" = -s ] && { echo "$HOME/keychain/$2"; return; }; shift; done; }
mkdir -p "$HOME/keychain"
case $1 in
-i)
    read -r line
    printf '%s\n' "$line" >>"$HOME/security.stdin"
    eval "set -- $line"
    file=$(entry "$@")
    while [ "$1" != -w ]; do shift; done
    printf '%s\n' "$2" >"$file" ;;
find-generic-password) cat "$(entry "$@")" 2>/dev/null || { echo "security: not found" >&2; exit 44; } ;;
delete-generic-password) rm "$(entry "$@")" 2>/dev/null || exit 44 ;;
esac
)sh";

}  // namespace

TEST_CASE_METHOD(Fixture, "the Keychain gets the key on security's stdin, and never in an argument") {
    install("security", security);
    start_daemon();
    check_store("keychain", "the Keychain, service eph-openai-admin-key");
    CHECK(read_file(home.path("security.argv")).find(admin_key) == std::string::npos);
    CHECK(read_file(home.path("security.stdin")) ==
          "add-generic-password -U -a \"default\" -s \"eph-openai-admin-key\" -w \"" + std::string{admin_key} + "\"\n");
    CHECK(eph({"auth", "clear"}).status == 0);
    CHECK(std::filesystem::is_empty(home.path("keychain")));
}

TEST_CASE_METHOD(Fixture, "what the original tool put into the Keychain is an account") {
    install("security", security);
    write_file(home.path("keychain/eph-openai-admin-key"), std::string{admin_key} + "\n");
    write_file(home.path("keychain/eph-openai-project-id"), std::string{project} + "\n");
    configure(Json{{"openai", {{"store", "keychain"}, {"base_url", sim.base_url()}}}}.dump());
    start_daemon();
    CHECK(ephd->create_key().at("key").at("project") == project);
}

TEST_CASE_METHOD(Keyring, "the Secret Service keeps the key, and is what setup takes where one answers") {
    if (!there) return;
    check_store("secret-service", "the Secret Service (application eph, provider openai, account default)");
    const Finished usual = set_up({"--account", "work"});
    CHECK_THAT(usual.err, Contains("kept in secret-service because a Secret Service answers; --store names another"));
    CHECK(eph({"auth", "clear", "--account", "work"}).status == 0);
    const Finished moved = set_up({"--store", "file"});  // the older copy is taken away
    CHECK(moved.status == 0);
    CHECK(Program({"secret-tool", "search", "application", "eph"}, home.variables).wait().out.empty());
}

TEST_CASE_METHOD(Keyring, "a keyring that is locked says so, and its keys go when it is open again") {
    if (!there) return;
    REQUIRE(set_up({"--store", "secret-service"}).status == 0);
    const std::string key = ephd->create_key().at("key").at("id");
    restart_daemon();
    lock();
    const Json error = failure();
    CHECK(error.at("message") == "the store secret-service gave no key for the account default: it is locked");
    CHECK_THAT(error.at("hint").get<std::string>(), Contains("Unlock the keyring"));
    CHECK(eph({"keys", "revoke", key}).status == 125);
    CHECK_THAT(ephd->key(key).at("last_error").get<std::string>(), EndsWith("it is locked"));
    const Finished clear = eph({"auth", "clear", "--yes"});
    CHECK_THAT(clear.err, Contains("the account default is kept"));
    unlock();
    CHECK(eph({"auth", "doctor"}).status == 0);  // a person who needs it does not wait for the janitor's next try
    CHECK(ephd->becomes(key, "revoked"));
}

TEST_CASE_METHOD(Keyring, "a keyring that nobody can open gives way to the file, unless it was asked for") {
    if (!there) return;
    lock();
    const Finished usual = set_up({});
    INFO(usual.err);
    CHECK(usual.status == 0);
    CHECK_THAT(usual.err, Contains("is stored in " + home.config().string()));
    CHECK_THAT(usual.err, Contains("kept in file because the store secret-service did not take the key"));
    CHECK(account("default").at("source") == "file");
    CHECK(set_up({"--store", "secret-service"}).status == 125);
    CHECK(account("default").at("source") == "file");
}

TEST_CASE_METHOD(Fixture, "where there is no Secret Service it is said at once") {
    if (!available("secret-tool")) return;
    start_daemon();
    const Finished end = set_up({"--store", "secret-service"});
    CHECK(end.status == 125);
    CHECK_THAT(end.err, Contains("the store secret-service did not take the key for the account default: secret-tool "
                                 "ended with status 1: "));
    CHECK_FALSE(std::filesystem::exists(home.config()));
}

TEST_CASE_METHOD(Pass, "pass keeps the key") {
    if (!there) return;
    check_store("pass", "pass, entry eph/openai/default");
    CHECK(std::filesystem::exists(home.path("pass/eph/openai/default.gpg")));
    CHECK(eph({"auth", "clear"}).status == 0);
    CHECK_FALSE(std::filesystem::exists(home.path("pass/eph/openai/default.gpg")));
}

TEST_CASE_METHOD(Pass, "a gpg that waits for somebody who does not come is ended, and all that it started") {
    if (!there) return;
    REQUIRE(set_up({"--store", "pass"}).status == 0);
    Json config = Json::parse(configuration());
    config["store_timeout"] = "1s";
    configure(config.dump());
    restart_daemon();
    for (const char* name : {"gpg", "gpg2"})
        install(name, "echo $$ >\"$HOME/gpg.pid\"\nsleep 600 &\necho $! >\"$HOME/sleep.pid\"\nwait\n");
    const Json error = failure();
    CHECK(error.at("message") == "the store pass gave no key for the account default: pass did not answer within 1s");
    CHECK_THAT(error.at("hint").get<std::string>(), Contains("Try it by hand (pass show)"));
    for (const char* file : {"gpg.pid", "sleep.pid"}) {
        const pid_t pid = std::stoi(read_file(home.path(file)));
        CHECK(eventually([&] { return gone(pid); }));
    }
}

TEST_CASE_METHOD(Fixture, "any command can give the key, and setup runs it instead of asking") {
    start_daemon();
    write_file(home.path("vault"), std::string{admin_key} + "\nand a comment\n");
    const Finished end = set_up({"--store", "command", "--command", "cat " + home.path("vault").string()}, "");
    INFO(end.err);
    CHECK(end.status == 0);
    restart_daemon();
    CHECK(ephd->create_key().at("key").at("state") == "live");
    CHECK(account("default").at("stored_in") == "the command: cat " + home.path("vault").string());
    CHECK(set_up({"--store", "command", "--command", "echo sk-proj-1"}, "").status == 64);
    CHECK(set_up({"--store", "command"}, "").status == 64);
}

TEST_CASE_METHOD(Fixture, "an account whose project only its store knows is not removed while its keys live") {
    install("security", security);
    write_file(home.path("keychain/eph-openai-admin-key"), std::string{admin_key} + "\n");
    write_file(home.path("keychain/eph-openai-project-id"), std::string{project} + "\n");
    configure(Json{{"openai", {{"store", "keychain"}, {"base_url", sim.base_url()}}}}.dump());
    start_daemon();
    (void)ephd->create_key();
    restart_daemon();
    const Finished refused = eph({"auth", "clear"});
    CHECK_THAT(refused.err, Contains("1 key of the account default is not revoked"));
    CHECK(eph({"auth", "clear", "--yes"}).status == 0);
    CHECK(sim.live_keys() == 0);
    CHECK_FALSE(std::filesystem::exists(home.path("keychain/eph-openai-admin-key")));
}

// A person with eph, an ephd without an account, and a provider with two projects; programs of their own on the PATH.
#pragma once

#include <sys/stat.h>

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"

namespace eph::test {

inline constexpr const char* second_project = "proj_second";
inline constexpr const char* api_key = "sk-ant-api03-integration-test";  // works at all that the provider has of models

struct Person {
    Person() {
        std::filesystem::create_directory(home.path("bin"));
        home.variables["PATH"] = home.path("bin").string() + ":" + home.variables["PATH"];
    }

    void start_daemon(const Variables& extra = {}) { ephd = std::make_unique<Daemon>(home, extra); }
    void restart_daemon() {
        ephd->stop();
        ephd->start();
    }

    static std::vector<std::string> command(std::vector<std::string> words) {
        words.insert(words.begin(), EPH);
        return words;
    }
    Finished eph(std::vector<std::string> words, const std::string& input = "") const {
        return Program{command(std::move(words)), home.variables, input}.wait(60s);
    }
    // eph auth setup at the simulated provider, fed with the admin key.
    Finished set_up(std::vector<std::string> options, const std::string& input = std::string{admin_key} + "\n") const {
        std::vector<std::string> words{"auth", "setup", "--base-url", sim.base_url(), "--project", project};
        words.insert(words.end(), options.begin(), options.end());
        return eph(std::move(words), input);
    }

    // A shell script of that name, before all other programs of that name.
    void install(const std::string& name, const std::string& script) const {
        write_file(home.path("bin/" + name), "#!/bin/sh\n" + script, std::filesystem::perms::owner_all);
    }
    void configure(const std::string& text) const { write_file(home.config(), text); }
    std::string configuration() const { return read_file(home.config()); }
    Json account(const std::string& name) const {
        const Json all = ephd->get("/v1/accounts").at("accounts");
        for (const Json& each : all) {
            if (each.at("name") == name) return each;
        }
        return nullptr;
    }
    void run(std::vector<std::string> words, const std::string& input = "") const {
        const Finished end = Program{words, home.variables, input}.wait();
        if (end.status != 0) throw std::runtime_error(words[0] + " failed: " + end.out + end.err);
    }

    Sim sim{{"--other-project", second_project, "--model-key", api_key}};
    TempHome home;
    std::unique_ptr<Daemon> ephd;
};

// A store that gives its key when the test says so: its program waits at a FIFO.
class Latch {
public:
    explicit Latch(const std::filesystem::path& fifo) : fifo_(fifo) {
        if (mkfifo(fifo.c_str(), 0600) != 0) throw std::runtime_error("cannot make a FIFO");
    }
    std::string command() const {  // for the store `command`; notes each time that it is run
        return "echo asked >>" + log().string() + "; cat " + fifo_.string();
    }
    std::size_t times() const {
        const std::string all = read_file(log());
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
    }
    void give(const std::string& key) const { write_now(key + "\n"); }

private:
    std::filesystem::path log() const { return fifo_.string() + ".log"; }
    void write_now(const std::string& text) const {
        std::FILE* out = std::fopen(fifo_.c_str(), "w");  // returns once the program reads
        std::fwrite(text.data(), 1, text.size(), out);
        std::fclose(out);
    }
    std::filesystem::path fifo_;
};

}  // namespace eph::test

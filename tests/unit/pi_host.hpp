// A host to install Pi on: what it has of node, npm and curl are stand-ins.
#pragma once

#include <algorithm>
#include <filesystem>

#include "client/remote/install.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"

namespace eph::test {

// Installs what it is asked for as npm would, and notes what it was asked, and by which Node.
inline const std::string npm_stand_in = R"(
[ "$1" != --version ] || { echo 9.2.0; exit; }
[ "$1" != config ] || { echo "npm warn config"; echo "$HOME/npmrc for all"; exit; }
echo "by $(node --version): $*" >>"$HOME/npm-log"
[ ! -e "$HOME/npm-fails" ] || { cat "$HOME/npm-fails"; exit 1; }
specs=
while [ $# -gt 0 ]; do
    case $1 in --prefix) prefix=$2; shift ;; --cache) mkdir -p "$2/x"; shift ;; *@*) specs="$specs $1" ;; esac
    shift
done
mkdir -p "$prefix/bin" "$prefix/lib/node_modules"
for spec in $specs; do
    version=${spec##*@} place=$prefix/lib/node_modules/${spec%@*}
    mkdir -p "$place"
    case $spec in
        npm@*) mkdir -p "$place/bin"; : >"$place/bin/npm-cli.js" ;;
        node*) mkdir -p "$place/bin"; cp "$HOME/new-node" "$place/bin/node" ;;
        *)  [ "$version" != latest ] || version=1.5.2
            printf '#!/bin/sh\nnode --version >/dev/null && echo %s\n' "$version" >"$place/cli.js"
            chmod +x "$place/cli.js"
            ln -s "../lib/node_modules/${spec%@*}/cli.js" "$prefix/bin/pi" ;;
    esac
done
)";

inline std::string node_stand_in(const std::string& version) {
    return "[ \"$1\" != --version ] || { echo v" + version + "; exit; }\nshift\nexec \"$HOME/npm\" \"$@\"\n";
}

struct Said {
    std::vector<InstallLine> lines;
    std::string errors;

    std::string text(InstallLine::State state) const {
        std::string all;
        for (const InstallLine& line : lines) {
            if (line.state == state) all += line.detail + '\n';
        }
        return all;
    }
};

struct PiHost : ShellHost {
    explicit PiHost(const std::string& shell) : ShellHost(shell) {
        script("npm", npm_stand_in);
        script("new-node", node_stand_in("22.23.3"));
        if (shell == "busybox") {
            std::filesystem::remove(root() / "tools/wget");
            return;
        }
        for (const char* tool : {"cat",       "chmod", "cp",   "cut",  "dd",    "df", "du",   "env",   "find",
                                 "grep",      "gzip",  "head", "ln",   "mkdir", "mv", "rm",   "rmdir", "sed",
                                 "sha512sum", "sleep", "sort", "tail", "tar",   "tr", "uname"}) {
            std::filesystem::create_symlink(installed(tool).value(), root() / "tools" / tool);
        }
        environment["PATH"] = (root() / "tools").string() + ":" + home() + "/bin";
    }

    void has_npm(const std::string& node) {
        script("bin/node", node_stand_in(node));
        script("bin/npm", npm_stand_in);
    }

    // Packages to be got by a stand-in of curl that knows only them; the request trusts exactly these.
    void has_curl() {
        script("bin/curl", R"(
for url; do :; done
echo "$url" >>"$HOME/curl-log"
while [ "$1" != -o ]; do shift; done
cp "$HOME/registry/${url##*/}" "$2" || { echo 'curl: (22) The requested URL returned error: 404'; exit 22; }
)");
        const auto packed =
            sh("mkdir -p package/bin registry; cp new-node package/bin/node; : >package/bin/npm-cli.js\n"
               "tar czf registry/node-x-22.23.3.tgz package; cp registry/node-x-22.23.3.tgz registry/npm-10.9.9.tgz\n"
               "sha512sum registry/npm-10.9.9.tgz");
        sha512 = packed->output().substr(0, 128);
    }

    InstallRequest request(std::optional<std::string> version = {}) const {
        InstallRequest wanted{.place = {SessionMark::make(), tmp()}, .version = std::move(version)};
        wanted.login_limit = std::chrono::seconds{0};
        wanted.nodes = {{sh("uname -sm | tr -d '\\n'")->output(), {"node-x", "22.23.3", sha512}, ""}};
        wanted.npm = {"npm", "10.9.9", sha512};
        return wanted;
    }

    std::unique_ptr<Process> begin(const InstallRequest& wanted) const {
        const std::string input = install_input(wanted);
        auto process = sh(bootstrap_command(input));
        process->write(input);
        return process;
    }

    Said install(const InstallRequest& wanted) const {
        auto process = begin(wanted);
        Said said;
        const std::string output = process->output();
        for (std::size_t at = 0, end; (end = output.find('\n', at)) != output.npos; at = end + 1) {
            if (auto line = parse_install_line(output.substr(at, end - at), wanted.place.mark))
                said.lines.push_back(*line);
        }
        said.errors = process->errors();
        process->wait();
        CHECK(said.errors == "");
        CHECK_FALSE(std::filesystem::exists(wanted.place.directory()));
        return said;
    }

    std::filesystem::path root() const { return std::filesystem::path(home()).parent_path(); }
    std::string bundle(const std::string& path = "") const { return home() + "/.local/share/pi-node" + path; }
    std::string read(const std::string& path) const { return contents(home() + "/" + path); }

    std::string sha512;
};

inline std::string entries(const std::string& directory) {
    std::vector<std::string> names;
    if (std::filesystem::exists(directory))
        for (const auto& each : std::filesystem::directory_iterator{directory}) names.push_back(each.path().filename());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names) all += name + ' ';
    return all;
}

}  // namespace eph::test

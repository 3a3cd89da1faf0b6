// /proc/<pid>/smaps and mem.
#include "tests/integration/support/memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "tests/integration/support/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::test {
namespace {

constexpr std::size_t window = 16;        // what is looked up at every byte
constexpr std::size_t longest = 64;       // of what is looked for
constexpr std::size_t piece = 1U << 20U;  // read at once

struct Mapping {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::string name;
    bool locked = false;
    bool undumpable = false;
};

std::vector<Mapping> readable_mappings(pid_t process) {
    std::vector<Mapping> all;
    bool readable = false;
    std::istringstream lines{read_file("/proc/" + std::to_string(process) + "/smaps")};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string first;
        words >> first;
        if (first == "VmFlags:" && readable) {
            for (std::string flag; words >> flag;) {
                if (flag == "lo") all.back().locked = true;
                if (flag == "dd") all.back().undumpable = true;
            }
        }
        if (first.find('-') == first.npos || first.ends_with(':')) continue;
        Mapping mapping;
        char dash = 0;
        std::istringstream{first} >> std::hex >> mapping.from >> dash >> mapping.to;
        std::string rights, offset, device, inode;
        words >> rights >> offset >> device >> inode >> mapping.name;
        readable = rights.starts_with('r') && !mapping.name.starts_with("[v");  // those are the kernel's own
        if (readable) all.push_back(mapping);
    }
    return all;
}

std::string in_hex(std::string_view text) {
    std::string hex;
    for (const char c : text) {
        for (const int half : {(c >> 4) & 15, c & 15}) hex += "0123456789abcdef"[half];
    }
    return hex;
}

std::string in_base64(std::string_view text) {  // of whole groups of three
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string coded;
    for (std::size_t i = 0; i + 3 <= text.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t j = 0; j < 3; ++j) bits = bits << 8U | static_cast<unsigned char>(text[i + j]);
        for (const unsigned shift : {18U, 12U, 6U, 0U}) coded += letters[bits >> shift & 63U];
    }
    return coded;
}

struct Needle {
    std::string text;
    std::string form;
    std::size_t secret = 0;
    std::size_t offset = 0;  // in the secret
};

class Needles {
public:
    explicit Needles(const std::vector<std::string>& secrets) : secrets_(secrets) {
        for (std::size_t i = 0; i < secrets.size(); ++i) {
            const std::string& secret = secrets[i];
            if (secret.size() < 20) throw std::runtime_error("too short to be looked for: " + secret);
            add({secret.substr(0, 20), "beginning", i, 0});
            add({secret.substr(secret.size() - window), "end", i, secret.size() - window});
            add({in_hex(secret.substr(0, 20)), "hex", i, 0});
            add({in_base64(secret.substr(0, 21)), "base64", i, 0});
        }
        for (const Needle& each : needles_) {
            by_window_.emplace(std::string_view{each.text}.substr(0, window), &each);
            begins_[pair(each.text.data())] = true;
        }
    }

    // `content` goes on for `longest` bytes behind `size`, if there is that much.
    template <class Found>
    void find(std::string_view content, std::size_t size, Found found) const {
        for (std::size_t at = 0; at < size && at + window <= content.size(); ++at) {
            if (!begins_[pair(content.data() + at)]) continue;
            for (auto [each, end] = by_window_.equal_range(content.substr(at, window)); each != end; ++each) {
                if (content.substr(at).starts_with(each->second->text)) found(at, *each->second);
            }
        }
    }

private:
    static std::size_t pair(const char* text) {
        return static_cast<unsigned char>(text[0]) | std::size_t{static_cast<unsigned char>(text[1])} << 8U;
    }
    void add(Needle needle) { needles_.push_back(std::move(needle)); }

    const std::vector<std::string>& secrets_;
    std::vector<Needle> needles_;
    std::unordered_multimap<std::string_view, const Needle*> by_window_;
    std::array<bool, 65536> begins_{};
};

std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) result += c >= ' ' && c <= '~' ? c : '.';
    return result;
}

Sighting sighting(const Mapping& mapping, std::uint64_t address, const Needle& needle, const std::string& secret,
                  std::string_view content, std::size_t at) {
    Sighting seen{address - needle.offset, secret, needle.form, mapping.name, mapping.locked, mapping.undumpable, {}};
    if (needle.form == "beginning" && content.substr(at).starts_with(secret)) seen.form = "whole";
    const std::size_t before = std::min<std::size_t>(at, 96);
    seen.around = printable(content.substr(at - before, before + 96));
    return seen;
}

}  // namespace

std::vector<Sighting> sightings(pid_t process, const std::vector<std::string>& secrets) {
    const auto needles = std::make_unique<Needles>(secrets);
    std::map<std::uint64_t, Sighting> all;  // an end that belongs to a whole one is the same
    const int memory = open(("/proc/" + std::to_string(process) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    if (memory < 0) throw std::runtime_error("cannot read the memory of process " + std::to_string(process));
    std::string content;
    for (const Mapping& mapping : readable_mappings(process)) {
        for (std::uint64_t from = mapping.from; from < mapping.to; from += piece) {
            content.resize(std::min<std::uint64_t>(piece + longest, mapping.to - from));
            const ssize_t got = pread(memory, content.data(), content.size(), static_cast<off_t>(from));
            content.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
            needles->find(content, piece, [&](std::size_t at, const Needle& needle) {
                const Sighting seen = sighting(mapping, from + at, needle, secrets[needle.secret], content, at);
                all.emplace(seen.address, seen);
            });
        }
    }
    close(memory);
    std::vector<Sighting> list;
    for (auto& [address, seen] : all) list.push_back(std::move(seen));
    return list;
}

std::string told(const std::vector<Sighting>& all) {
    std::ostringstream text;
    for (const Sighting& each : all) {
        text << std::hex << each.address << " " << (each.mapping.empty() ? "(no name)" : each.mapping) << " "
             << each.form << (each.locked ? " locked" : "") << (each.undumpable ? " undumpable" : "") << ": "
             << each.around << "\n";
    }
    return text.str();
}

bool memory_can_be_read() {
    if (sanitized) {
        WARN("skipped: a sanitizer's allocator keeps what was freed, so that there is nothing to be proved here");
        return false;
    }
    if (getuid() == 0) return true;
    WARN("skipped: only root may read the memory of every process");
    CHECK(std::getenv("CI") == nullptr);
    return false;
}

}  // namespace eph::test

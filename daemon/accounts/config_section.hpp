// One object of config.json: its values by the names of the table of keys. Included only by the sources that read the
// file.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "common/config_keys.hpp"
#include "common/error.hpp"
#include "common/time.hpp"
#include "daemon/accounts/config_json.hpp"

namespace eph {

class ConfigSection {
public:
    // `path`: where it stands, "accounts.work."; "" for the file itself. `further`: names that are allowed beside the
    // table's. Throws Error{storage} for a name that nobody knows, and for a value of the wrong kind.
    ConfigSection(const std::filesystem::path& file, const ConfigJson& object, ConfigPart part, std::string path,
                  const std::set<std::string>& further = {});

    const ConfigJson* find(const std::string& name) const;  // nullptr: not there, or null
    bool has(const std::string& name) const { return find(name) != nullptr; }
    std::string text(const std::string& name) const;
    std::vector<std::string> texts(const std::string& name) const;
    Duration duration(const std::string& name, Duration otherwise) const;

    Error wrong(const std::string& what) const;                           // with the object as a whole
    Error wrong(const std::string& name, const std::string& what) const;  // with one of its keys

private:
    const std::filesystem::path& file_;
    const ConfigJson& object_;
    ConfigPart part_;
    std::string path_;
};

}  // namespace eph

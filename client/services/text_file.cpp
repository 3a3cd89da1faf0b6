// Reading, and writing beside and renaming.
#include "client/services/text_file.hpp"

#include <fstream>
#include <iterator>

#include "common/error.hpp"

namespace eph {
namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return {};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

void write_text(const fs::path& file, const std::string& text) {
    std::error_code failure;
    fs::create_directories(file.parent_path(), failure);
    fs::path beside = file;
    beside += ".new";
    std::ofstream stream{beside, std::ios::binary | std::ios::trunc};
    stream << text;
    stream.close();
    if (stream) fs::rename(beside, file, failure);
    if (!stream || failure) throw Error{Code::storage, "cannot write {}", file.string()};
}

}  // namespace eph

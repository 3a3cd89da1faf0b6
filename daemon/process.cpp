// System calls that concern the process as a whole.
#include "daemon/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// The variable's value; its bytes in the environment block are overwritten, where /proc/<pid>/environ would show them.
std::string take_variable(const char* name) {
    char* value = std::getenv(name);
    if (value == nullptr) return {};
    std::string copy{trim(value)};
    wipe_range(value, std::strlen(value));
    unsetenv(name);
    return copy;
}

std::string read_credential_file(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return {};
    std::string content{std::istreambuf_iterator<char>{stream}, {}};
    std::string trimmed{trim(content)};
    wipe(content);
    return trimmed;
}

}  // namespace

EnvironmentCredential take_environment_credential() {
    EnvironmentCredential found;
    std::string key = take_variable("OPENAI_ADMIN_KEY");
    found.credential.project = take_variable("OPENAI_PROJECT_ID");
    found.credential.base_url = environment("EPH_OPENAI_BASE_URL");
    if (const std::string directory = environment("CREDENTIALS_DIRECTORY"); !directory.empty()) {
        if (key.empty()) {
            key = read_credential_file(std::filesystem::path{directory} / "openai-admin-key");
            if (!key.empty()) found.source = "credential";
        }
        if (found.credential.project.empty()) {
            found.credential.project = read_credential_file(std::filesystem::path{directory} / "openai-project-id");
        }
    }
    found.credential.admin_key = Secret::take(key);
    return found;
}

void notify_service_manager(const char* state) {
    const std::string address = environment("NOTIFY_SOCKET");
    if (address.empty()) return;
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    if (address.size() >= sizeof target.sun_path) return;
    std::memcpy(target.sun_path, address.data(), address.size());
    if (target.sun_path[0] == '@') target.sun_path[0] = '\0';  // the abstract name space
    const int socket_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (socket_fd < 0) return;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    (void)!sendto(socket_fd, state, std::strlen(state), 0, reinterpret_cast<const sockaddr*>(&target), length);
    close(socket_fd);
}

void notify_starter(int descriptor) {
    if (descriptor < 0) return;
    (void)!write(descriptor, "1", 1);
    close(descriptor);
}

}  // namespace eph

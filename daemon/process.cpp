// System calls that concern the process as a whole.
#include "daemon/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "common/paths.hpp"

namespace eph {
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

// System calls that concern the process as a whole.
#include "daemon/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#if defined(__GLIBC__)
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#endif

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

#if defined(__GLIBC__)

namespace {

// Only what nobody can have written to: else it would be lost.
int forget_segments(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
        const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void give_back_memory() {
    (void)malloc_trim(0);
    dl_iterate_phdr(forget_segments, nullptr);
}

#else

void give_back_memory() {}

#endif

}  // namespace eph

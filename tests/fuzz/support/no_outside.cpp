// A fuzzed address or command line must lead nowhere: no connection but to a Unix socket, no look-up, no program. These
// stand before those of the C library.
#include <netdb.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

extern "C" {

int connect(int fd, const sockaddr* address, socklen_t size) {
    if (address->sa_family == AF_UNIX) return static_cast<int>(syscall(SYS_connect, fd, address, size));
    errno = ECONNREFUSED;
    return -1;
}

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; }

int posix_spawnp(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const[],
                 char* const[]) {
    return ENOENT;
}

}  // extern "C"

// Who is at the other end of a Unix socket.
#pragma once

#include <sys/types.h>

namespace eph {

struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    pid_t pid = 0;  // 0 where the system does not tell
};

// SO_PEERCRED, or getpeereid(3). When it cannot be told, nobody: uid -1.
Peer peer_of(int socket);

}  // namespace eph

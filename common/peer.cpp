// Peer credentials of a Unix socket.
#include "common/peer.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace eph {

Peer peer_of(int socket) {
    Peer peer;
#if defined(SO_PEERCRED)
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        peer = {credentials.uid, credentials.pid};
#else
    uid_t uid = 0;
    gid_t gid = 0;
    if (getpeereid(socket, &uid, &gid) == 0) peer.uid = uid;
#endif
    return peer;
}

}  // namespace eph

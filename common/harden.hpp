// What both programs do to their own process, since credentials pass through it.
#pragma once

namespace eph {

// Descriptors 0 to 2 are open (else the next file opened would be taken for one of them). Not dumpable (so that not
// even the same user can ptrace it or read its environment), no core files, SIGPIPE ignored.
void harden_process();

}  // namespace eph

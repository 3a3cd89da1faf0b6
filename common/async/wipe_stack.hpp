// What functions leave of their local variables when they return.
#pragma once

#include <boost/asio/io_context.hpp>

namespace eph {

// Overwrites what lies below the caller's frame, as far down as anything of ours reaches with a secret in its hands:
// the buffers of JSON's, OpenSSL's and fmt's functions are on the stack.
void wipe_stack();

// context.run(), but whenever there is nothing to do for the moment, nothing of what was done is left on the stack.
inline void run_and_wipe(boost::asio::io_context& context) {
    while (!context.stopped()) {
        context.poll();
        wipe_stack();
        context.run_one();
    }
    wipe_stack();
}

}  // namespace eph

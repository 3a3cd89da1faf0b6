// What an answer says of the tokens it used, read from its bytes on their way to the agent.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/broker/meter.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// Whether answers with that Content-Encoding can be read: gzip, x-gzip, deflate, br, zstd, identity. One alone, in any
// case of letters.
bool can_read_coding(std::string_view coding);

// Memory is bounded whatever comes. An answer that is no JSON and no stream of events, that is coded otherwise, or that
// unpacks to far more than came, says nothing: its usage is unknown.
class UsageScan {
public:
    // Header values as they came; "" where there is none. `upstream` must outlive it.
    UsageScan(const Upstream& upstream, std::string_view content_type, std::string_view content_encoding);
    UsageScan(UsageScan&&) noexcept;
    UsageScan& operator=(UsageScan&&) noexcept;
    ~UsageScan();

    void push(std::string_view bytes);  // of the body without its framing, in any pieces
    Measured measured() const;          // of what has come so far

private:
    struct Reader;
    std::unique_ptr<Reader> reader_;
};

}  // namespace eph

// Whether an answer that is not 401 refuses ephd's key all the same: Google says so with a 400.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/broker/content_coding.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// Whose answers with that status have to be looked through.
bool may_refuse_key(const Upstream& upstream, int status);

class KeyScan {
public:
    explicit KeyScan(std::string_view content_encoding);

    void push(std::string_view bytes);  // of the body, on its way to the agent
    bool refused() const;

private:
    void keep(std::string_view plain);

    std::unique_ptr<Decoder> decoder_;
    bool readable_ = true;
    std::string text_;  // the beginning of the answer; an error's document is short
};

}  // namespace eph

// https://cloud.google.com/apis/design/errors: the reason stands in the error's details.
#include "daemon/broker/key_scan.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::size_t longest_error = 16 * 1024;

// With its quotes: where an error repeats what a request said, they would be escaped.
constexpr std::string_view reason = R"("API_KEY_INVALID")";

}  // namespace

bool may_refuse_key(const Upstream& upstream, int status) {
    return upstream.family == ApiFamily::google && status == 400;
}

KeyScan::KeyScan(std::string_view content_encoding) : decoder_(decoder_for(content_encoding)) {
    readable_ = decoder_ || content_encoding.empty() || lower(content_encoding) == "identity";
}

void KeyScan::push(std::string_view bytes) {
    if (!readable_ || bytes.empty()) return;
    if (decoder_) {
        readable_ = decoder_->decode(bytes, [this](std::string_view plain) { keep(plain); });
    } else {
        keep(bytes);
    }
}

void KeyScan::keep(std::string_view plain) {
    text_ += plain.substr(0, longest_error - std::min(longest_error, text_.size()));
}

bool KeyScan::refused() const { return text_.find(reason) != text_.npos; }

}  // namespace eph

// The compression off, then events or JSON, by what the answer says it is and what its first letter says.
#include "daemon/broker/usage_scan.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "daemon/broker/content_coding.hpp"
#include "daemon/broker/event_scan.hpp"
#include "daemon/broker/usage_sum.hpp"

namespace eph {
namespace {

bool is_identity(std::string_view coding) { return trim(coding).empty() || lower(trim(coding)) == "identity"; }

}  // namespace

struct UsageScan::Reader {
    explicit Reader(const UsagePlace& place) : map(place), events(map), document(map.places()) {}

    void read(std::string_view bytes);

    UsageMap map;
    std::unique_ptr<Decoder> decoder;
    EventScan events;
    JsonScan document;
    bool is_stream = false;
    bool unreadable = false;
    std::uint64_t bytes = 0;
};

bool can_read_coding(std::string_view coding) { return is_identity(coding) || decoder_for(coding) != nullptr; }

UsageScan::UsageScan(const Upstream& upstream, std::string_view content_type, std::string_view content_encoding)
    : reader_(std::make_unique<Reader>(upstream.usage)) {
    reader_->is_stream = lower(trim(content_type)).starts_with("text/event-stream");
    if (is_identity(content_encoding)) return;
    reader_->decoder = decoder_for(content_encoding);
    reader_->unreadable = reader_->decoder == nullptr;
}

UsageScan::UsageScan(UsageScan&&) noexcept = default;
UsageScan& UsageScan::operator=(UsageScan&&) noexcept = default;
UsageScan::~UsageScan() = default;

void UsageScan::push(std::string_view bytes) {
    Reader& reader = *reader_;
    if (reader.unreadable || bytes.empty()) return;
    if (!reader.decoder) return reader.read(bytes);
    reader.unreadable = !reader.decoder->decode(bytes, [&](std::string_view piece) { reader.read(piece); });
}

void UsageScan::Reader::read(std::string_view piece) {
    bytes += piece.size();
    if (is_stream) {
        events.push(piece);
    } else {
        document.push(piece);
    }
}

Measured UsageScan::measured() const {
    constexpr std::uint64_t bytes_a_token = 4;
    const Reader& reader = *reader_;
    Measured out;
    if (!reader.unreadable && reader.is_stream) {
        out = reader.events.sum().measured(reader.map);
    } else if (!reader.unreadable) {
        UsageSum sum;
        sum.take(reader.map, reader.document);
        out = sum.measured(reader.map);
    }
    out.guessed_output =
        reader.is_stream ? reader.events.guess() : static_cast<std::int64_t>(reader.bytes / bytes_a_token);
    return out;
}

}  // namespace eph

// The compression off, then events or JSON, by what the answer says it is.
#include "daemon/broker/usage_scan.hpp"

#include <variant>

#include "common/text.hpp"
#include "daemon/broker/content_coding.hpp"
#include "daemon/broker/event_scan.hpp"
#include "daemon/broker/http_head.hpp"
#include "daemon/broker/usage_sum.hpp"

namespace eph {
namespace {

bool is_identity(std::string_view coding) { return trim(coding).empty() || same_name(trim(coding), "identity"); }

bool is_stream_of_events(std::string_view content_type) {
    constexpr std::string_view type = "text/event-stream";
    return same_name(trim(content_type).substr(0, type.size()), type);
}

}  // namespace

struct UsageScan::Reader {
    explicit Reader(const Upstream& upstream)
        : map(upstream.usage_map ? upstream.usage_map : std::make_shared<const UsageMap>(upstream.usage)) {}

    void read(std::string_view bytes);

    std::shared_ptr<const UsageMap> map;
    std::unique_ptr<Decoder> decoder;
    std::variant<std::monostate, EventScan, JsonScan> content;
    bool unreadable = false;
    std::uint64_t bytes = 0;
};

bool can_read_coding(std::string_view coding) { return is_identity(coding) || has_decoder(coding); }

UsageScan::UsageScan(const Upstream& upstream, std::string_view content_type, std::string_view content_encoding)
    : reader_(std::make_unique<Reader>(upstream)) {
    if (is_stream_of_events(content_type)) {
        reader_->content.emplace<EventScan>(*reader_->map);
    } else {
        reader_->content.emplace<JsonScan>(reader_->map->places());
    }
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
    if (auto* const events = std::get_if<EventScan>(&content)) {
        events->push(piece);
    } else {
        std::get<JsonScan>(content).push(piece);
    }
}

Measured UsageScan::measured() const {
    constexpr std::uint64_t bytes_a_token = 4;
    const Reader& reader = *reader_;
    const auto* const events = std::get_if<EventScan>(&reader.content);
    Measured out;
    if (!reader.unreadable) {
        UsageSum sum;
        if (events != nullptr) {
            sum = events->sum();
        } else {
            sum.take(*reader.map, std::get<JsonScan>(reader.content));
        }
        out = sum.measured(*reader.map);
    }
    out.guessed_output = events != nullptr ? events->guess() : static_cast<std::int64_t>(reader.bytes / bytes_a_token);
    return out;
}

}  // namespace eph

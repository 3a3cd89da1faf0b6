// An event that has come whole and lacks the word of the map is only measured: that is nearly every event of a stream.
#include "daemon/broker/event_scan.hpp"

#include <algorithm>
#include <cstring>

namespace eph {
namespace {

constexpr std::string_view data_field = "data:";

// The length of the event at the beginning of `bytes`, with the empty line behind it; 0 if its end has not come.
std::size_t whole_event(std::string_view bytes) {
    for (std::size_t line = 0;;) {
        const std::size_t end = bytes.find('\n', line);
        if (end == bytes.npos) return 0;
        if (end == line || (end == line + 1 && bytes[line] == '\r')) return end + 1;
        line = end + 1;
    }
}

// Where `word` stands next, and is more than a member that is null, as in every event of a chat but the last; the end
// of `bytes` where it does not.
const char* next_word(std::string_view bytes, std::string_view word) {
    for (;;) {
        const void* const found = memmem(bytes.data(), bytes.size(), word.data(), word.size());
        if (found == nullptr) return bytes.data() + bytes.size();
        const auto* const at = static_cast<const char*>(found);
        bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()) + word.size());
        if (!bytes.starts_with("\":null") && !bytes.starts_with("\": null")) return at;
    }
}

}  // namespace

void EventScan::push(std::string_view bytes) {
    const char* word = nullptr;  // the next one at or behind the place that has been reached
    while (!bytes.empty()) {
        if (fresh_) {
            if (const std::size_t size = skip(bytes, word); size > 0) {
                weigh(size);
                bytes.remove_prefix(size);
                continue;
            }
        }
        fresh_ = false;
        const std::size_t end = bytes.find('\n');
        const std::size_t size = end == bytes.npos ? bytes.size() : end + 1;
        size_ += size;
        line(bytes.substr(0, std::min(end, bytes.size())), end != bytes.npos);
        bytes.remove_prefix(size);
    }
}

// The length of the event that begins here, if it can be passed over.
std::size_t EventScan::skip(std::string_view bytes, const char*& word) const {
    const std::string& wanted = map_->word();
    if (wanted.empty()) return 0;
    if (word == nullptr || word < bytes.data()) word = next_word(bytes, wanted);
    const std::size_t size = whole_event(bytes);
    return bytes.data() + size <= word ? size : 0;
}

// A part of a line, and whether that is its last.
void EventScan::line(std::string_view part, bool ends) {
    if (line_ == Line::begins) {
        const std::size_t taken = std::min(part.size(), data_field.size() - head_.size());
        head_ += part.substr(0, taken);
        part.remove_prefix(taken);
        if (head_ == data_field) {
            line_ = Line::data;
        } else if (!data_field.starts_with(head_)) {
            line_ = Line::other;
        }
    }
    if (line_ == Line::other && head_ == "\r") head_ += part.substr(0, 1);  // a CR that had come alone ends no line
    if (line_ == Line::data) {
        data_ = true;
        scan_.push(part);
        if (ends) scan_.push("\n");
    }
    if (!ends) return;
    const bool empty = head_.empty() || head_ == "\r";
    line_ = Line::begins;
    head_.clear();
    if (empty) end_event();
}

void EventScan::end_event() {
    if (data_) {
        sum_.take(*map_, scan_);
        scan_.restart();
    }
    weigh(size_);  // as skip() does, which does not look for data
    data_ = false;
    fresh_ = true;
    size_ = 0;
}

// What all events have is their envelope; what one has beyond that is text, four bytes a token. Short events (ping, the
// end of a block) bring none.
void EventScan::weigh(std::size_t size) {
    constexpr std::size_t shortest = 100;
    constexpr std::size_t bytes_a_token = 4;
    if (size < shortest) return;
    least_ = std::min(least_, size);
    guess_ += static_cast<std::int64_t>(1 + (size - least_) / bytes_a_token);
}

UsageSum EventScan::sum() const {
    UsageSum sum = sum_;
    sum.take(*map_, scan_);
    return sum;
}

}  // namespace eph

// Compressed answers, bombs among them: the first line is the coding, the rest what came.
#include "common/text.hpp"
#include "daemon/broker/content_coding.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

struct Unpacked {
    std::string text;
    std::size_t size = 0;
    bool good = true;
};

constexpr std::size_t kept = std::size_t{64} * 1024;

class Unpacking {
public:
    explicit Unpacking(std::string_view coding) : decoder_(decoder_for(coding)) {}

    bool known() const { return decoder_ != nullptr; }
    void push(std::string_view bytes) {
        if (!out_.good) return;
        out_.good = decoder_->decode(bytes, [this](std::string_view piece) {
            out_.size += piece.size();
            out_.text += piece.substr(0, kept - std::min(kept, out_.text.size()));
        });
    }
    const Unpacked& result() const { return out_; }

private:
    std::unique_ptr<Decoder> decoder_;
    Unpacked out_;
};

}  // namespace

void one(std::string_view input) {
    const std::string coding = lower(trim(take_line(input)));
    Unpacking whole{coding};
    if (!whole.known()) return;
    whole.push(input);
    constexpr std::size_t slack = std::size_t{64} * 1024;
    must(whole.result().size <= (std::size_t{32} << 20) + 100 * input.size() + slack, "a bomb is stopped", coding);
    Unpacking cut{coding};
    in_pieces(input, [&](std::string_view piece) { cut.push(piece); });
    must(whole.result().good == cut.result().good, "it is readable or not, however it came", input);
    // Of what cannot be read zstd and Brotli let out as much as they had finished when they noticed.
    if (!whole.result().good && (coding == "zstd" || coding == "br")) return;
    must(whole.result().size == cut.result().size, "it unpacks to as much, however it came", input);
    must(whole.result().text == cut.result().text, "and to the same", input);
}

}  // namespace eph::fuzz

// Every document of the local API, decoded from any bytes: by ephd from its clients, by eph from ephd.
#include "common/error.hpp"
#include "common/wire.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

template <class Document>
void document(std::string_view text) {
    try {
        const std::string once = wire::encode(wire::decode<Document>(text));
        must(wire::encode(wire::decode<Document>(once)) == once, "a document is read as it was written", text);
        must(once.find('\n') == std::string::npos, "it is one line", text);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a document that cannot be read is the sender's mistake", error.message());
        must_be_printable(error.message());
    }
}

template <class... Documents>
void all(std::string_view text) {
    (document<Documents>(text), ...);
}

}  // namespace

void one(std::string_view input) {
    all<wire::Key, wire::Limits, wire::Usage, wire::Session, wire::Account, wire::Status, wire::KeyList,
        wire::SessionList, wire::AccountList, wire::ProviderList, wire::StartSession, wire::CreateKey,
        wire::ExtendSession, wire::Issued, wire::LeaseEvent, wire::EndSession, wire::Revocation, wire::Cleanup,
        wire::CleanupProgress, wire::CleanupResult, wire::SetAccount, wire::AccountChange, wire::CheckReport,
        wire::AuditEntry, wire::AuditList, wire::Acknowledged>(input);
    if (const auto error = wire::decode_error(input)) {
        const auto again = wire::decode_error(wire::encode_error(*error));
        must(again && again->code() == error->code(), "an error is read as it was written", input);
    }
    const std::string spread = wire::pretty(input);
    must(wire::pretty(spread) == spread, "what is spread out stays as it is", input);
}

}  // namespace eph::fuzz

// The ledger's rows as the API shows them.
#pragma once

#include "common/wire.hpp"
#include "daemon/ledger/rows.hpp"

namespace eph {

wire::Key view(const KeyRow& key);
wire::Session view(const SessionRow& session, const std::optional<KeyRow>& key);
wire::AuditEntry view(const AuditRow& row);

}  // namespace eph

// A ledger on a file of its own, and what tests of keys ask of it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

namespace eph::test {

struct LedgerFixture {
    using Texts = std::vector<std::string>;

    TempDirectory temp;
    Ledger ledger{temp / "ledger.db"};

    KeyRow row(const std::string& id) { return ledger.key(KeyId{id}).value(); }
    Texts trail() {
        Texts events;
        for (const AuditRow& each : ledger.audit(0, 1000)) events.push_back(each.event);
        return events;
    }
    Texts due() {
        Texts ids;
        for (const KeyRow& each : ledger.unsettled_keys()) ids.push_back(each.id.text());
        return ids;
    }
};

}  // namespace eph::test

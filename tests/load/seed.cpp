// Rows by the hundred thousand, in one transaction, on the product's own schema.
#include "tests/load/load.hpp"

#include "common/ids.hpp"
#include "common/time.hpp"
#include "daemon/ledger/schema.hpp"
#include "daemon/ledger/sqlite.hpp"
#include "tests/integration/support/sim.hpp"

namespace eph::test {

void seed_ledger(const std::filesystem::path& file, const std::string& base_url, const std::vector<SeededKey>& due,
                 int keys) {
    Database database{file};
    prepare_schema(database);
    database.execute("PRAGMA cache_size = -1000000; PRAGMA synchronous = OFF");  // all of its pages in memory
    Statement insert{
        database,
        "INSERT INTO keys (id, name, state, provider, project, base_url, fingerprint, label, host, session, "
        "created, deadline, due, service_account_id, revoked, reason, outcome) "
        "VALUES (?, ?, ?, 'openai', ?, ?, '', 'load', 'load', '', ?, ?, ?, ?, ?, ?, ?)"};
    const std::int64_t at = to_millis(now());
    const std::int64_t created = at - 7'200'000;
    const std::optional<std::int64_t> none;
    Transaction transaction{database};
    for (const SeededKey& key : due) {
        insert.run(KeyId::make().text(), key.name, "live", project, base_url, created, at, std::optional{at},
                   key.service_account_id, none, "", "");
    }
    for (int i = static_cast<int>(due.size()); i < keys; ++i) {
        const std::string id = KeyId::make().text();
        insert.run(id, "eph-load-old-" + id, "revoked", project, base_url, created, at, none, "svc_acct_old_" + id,
                   std::optional{at}, "deadline", "confirmed");
    }
    transaction.commit();
}

}  // namespace eph::test

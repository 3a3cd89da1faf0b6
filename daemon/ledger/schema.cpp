// DDL stands here; every other statement in ledger.cpp and its neighbours.
#include "daemon/ledger/schema.hpp"

#include <array>

#include <fmt/format.h>

#include "common/error.hpp"
#include "daemon/ledger/sqlite.hpp"

namespace eph {
namespace {

// Moments are milliseconds since the epoch. `due` is null exactly when nothing is left to do, which makes the partial
// index small and "what is due next" a single step, however many revoked rows there are.
constexpr std::array migrations{
    R"sql(
    CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('creating', 'live', 'revoking', 'revoked')),
        provider TEXT NOT NULL,
        project TEXT NOT NULL,
        base_url TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        label TEXT NOT NULL,
        host TEXT NOT NULL,
        session TEXT NOT NULL,
        created INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        due INTEGER CHECK ((due IS NULL) = (state = 'revoked')),
        service_account_id TEXT NOT NULL DEFAULT '',
        api_key_id TEXT NOT NULL DEFAULT '',
        unproven_until INTEGER,
        revoked INTEGER,
        reason TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX keys_due ON keys (due) WHERE due IS NOT NULL;
    CREATE INDEX keys_service_account ON keys (service_account_id) WHERE service_account_id <> '';
    CREATE INDEX keys_api_key ON keys (api_key_id) WHERE api_key_id <> '';
    CREATE INDEX keys_created ON keys (created);

    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('active', 'over')),
        key TEXT NOT NULL REFERENCES keys (id),
        host TEXT NOT NULL,
        provider TEXT NOT NULL,
        agent TEXT NOT NULL,
        started INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        ended INTEGER,
        end_reason TEXT NOT NULL DEFAULT '',
        exit_status INTEGER
    ) STRICT;
    CREATE INDEX sessions_active ON sessions (started) WHERE state = 'active';
    CREATE INDEX sessions_started ON sessions (started);

    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        event TEXT NOT NULL,
        key TEXT NOT NULL,
        session TEXT NOT NULL,
        host TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
    CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
    )sql",
    // Keys that are extended: the name they are about to have, what the provider does by itself, and whether it said
    // so. Sessions without a key of ours. When an account was last accepted.
    R"sql(
    ALTER TABLE keys ADD COLUMN next_name TEXT NOT NULL DEFAULT '';
    ALTER TABLE keys ADD COLUMN provider_expiry INTEGER;
    ALTER TABLE keys ADD COLUMN expiry_named INTEGER NOT NULL DEFAULT 0;
    -- What was asked for at their creation, as far as is known: they are not extended without asking the provider.
    UPDATE keys SET provider_expiry = deadline + 60000 WHERE state = 'live';
    CREATE INDEX keys_next_name ON keys (next_name) WHERE next_name <> '';

    CREATE TABLE sessions_2 (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('active', 'over')),
        credential TEXT NOT NULL CHECK (credential IN ('key', 'manual')),
        key TEXT REFERENCES keys (id) CHECK ((key IS NOT NULL) = (credential = 'key')),
        host TEXT NOT NULL,
        provider TEXT NOT NULL,
        agent TEXT NOT NULL,
        started INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        ended INTEGER,
        end_reason TEXT NOT NULL DEFAULT '',
        exit_status INTEGER
    ) STRICT;
    INSERT INTO sessions_2 SELECT id, state, 'key', key, host, provider, agent, started, deadline, ended, end_reason,
        exit_status FROM sessions;
    DROP TABLE sessions;
    ALTER TABLE sessions_2 RENAME TO sessions;
    CREATE INDEX sessions_active ON sessions (started) WHERE state = 'active';
    CREATE INDEX sessions_started ON sessions (started);

    CREATE TABLE account_checks (
        provider TEXT NOT NULL,
        project TEXT NOT NULL,
        base_url TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (provider, project, base_url, fingerprint)
    ) STRICT, WITHOUT ROWID;
    )sql",
    // Sessions through the broker: of the token its hash alone, the port where there is one, the account, and as JSON
    // the limits and what was used.
    R"sql(
    CREATE TABLE sessions_3 (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('active', 'over')),
        credential TEXT NOT NULL CHECK (credential IN ('key', 'manual', 'broker')),
        key TEXT REFERENCES keys (id) CHECK (credential = 'broker' OR (key IS NOT NULL) = (credential = 'key')),
        host TEXT NOT NULL,
        provider TEXT NOT NULL,
        agent TEXT NOT NULL,
        started INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        ended INTEGER,
        end_reason TEXT NOT NULL DEFAULT '',
        exit_status INTEGER,
        token_hash TEXT NOT NULL DEFAULT '' CHECK ((token_hash <> '') = (credential = 'broker')),
        port INTEGER NOT NULL DEFAULT 0,
        project TEXT NOT NULL DEFAULT '',
        base_url TEXT NOT NULL DEFAULT '',
        fingerprint TEXT NOT NULL DEFAULT '',
        limits TEXT NOT NULL DEFAULT '{}',
        counts TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    INSERT INTO sessions_3 (id, state, credential, key, host, provider, agent, started, deadline, ended, end_reason,
        exit_status) SELECT id, state, credential, key, host, provider, agent, started, deadline, ended, end_reason,
        exit_status FROM sessions;
    DROP TABLE sessions;
    ALTER TABLE sessions_3 RENAME TO sessions;
    CREATE INDEX sessions_active ON sessions (started) WHERE state = 'active';
    CREATE INDEX sessions_started ON sessions (started);
    )sql",
    // What the janitor asks, each in one step however many keys wait: which are past their time, and what is due at one
    // provider.
    R"sql(
    CREATE INDEX keys_state ON keys (state, due) WHERE due IS NOT NULL;
    CREATE INDEX keys_revoking ON keys (provider, project, base_url, due) WHERE state = 'revoking';
    )sql",
    // Ledgers that were found damaged and set aside; what their bytes still tell of keys that may live; and the places
    // whose lists were compared since.
    R"sql(
    CREATE TABLE damages (
        file TEXT PRIMARY KEY,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lost_names (
        ending TEXT PRIMARY KEY,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rebuilt (
        provider TEXT NOT NULL,
        project TEXT NOT NULL,
        base_url TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (provider, project, base_url)
    ) STRICT, WITHOUT ROWID;
    )sql",
};

// Tables that are not there, or there already, though the version says otherwise.
void migrate(Database& database, const char* sql) {
    try {
        database.execute(sql);
    } catch (const Error& error) {
        if (database.trouble()) throw;  // the disk's, or found damaged already
        database.found_damaged();
        throw Damaged{error};
    }
}

}  // namespace

void prepare_schema(Database& database) {
    database.execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
    const auto version_now = [&] {
        Statement version{database, "PRAGMA user_version"};
        version.step();
        return version.integer(0);
    };
    const auto newest = static_cast<std::int64_t>(migrations.size());
    if (version_now() > newest) {
        throw Error{Code::storage, "the ledger {} was written by a newer ephd", database.path()}.hint("Update ephd.");
    }
    for (std::int64_t version = version_now(); version < newest; ++version) {
        Transaction transaction{database};
        migrate(database, migrations[static_cast<std::size_t>(version)]);
        database.execute(fmt::format("PRAGMA user_version = {}", version + 1).c_str());
        transaction.commit();
    }
}

}  // namespace eph

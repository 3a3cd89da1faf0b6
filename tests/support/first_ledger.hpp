// Ledgers as older versions of the schema had them, made from one of today.
#pragma once

namespace eph::test {

inline constexpr const char* back_to_version_1 = R"sql(
    PRAGMA foreign_keys = OFF;
    DROP INDEX keys_state;
    DROP INDEX keys_revoking;
    DROP TABLE damages;
    DROP TABLE lost_names;
    DROP TABLE rebuilt;
    DROP INDEX keys_next_name;
    ALTER TABLE keys DROP COLUMN next_name;
    ALTER TABLE keys DROP COLUMN provider_expiry;
    ALTER TABLE keys DROP COLUMN expiry_named;
    DROP TABLE account_checks;
    CREATE TABLE sessions_1 (
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
    INSERT INTO sessions_1 SELECT id, state, key, host, provider, agent, started, deadline, ended, end_reason,
        exit_status FROM sessions;
    DROP TABLE sessions;
    ALTER TABLE sessions_1 RENAME TO sessions;
    CREATE INDEX sessions_active ON sessions (started) WHERE state = 'active';
    CREATE INDEX sessions_started ON sessions (started);
    PRAGMA user_version = 1;
)sql";

inline constexpr const char* back_to_version_2 = R"sql(
    PRAGMA foreign_keys = OFF;
    DROP INDEX keys_state;
    DROP INDEX keys_revoking;
    DROP TABLE damages;
    DROP TABLE lost_names;
    DROP TABLE rebuilt;
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
    INSERT INTO sessions_2 SELECT id, state, credential, key, host, provider, agent, started, deadline, ended,
        end_reason, exit_status FROM sessions;
    DROP TABLE sessions;
    ALTER TABLE sessions_2 RENAME TO sessions;
    CREATE INDEX sessions_active ON sessions (started) WHERE state = 'active';
    CREATE INDEX sessions_started ON sessions (started);
    PRAGMA user_version = 2;
)sql";

}  // namespace eph::test

// The ledger's tables and how older files become new ones.
#pragma once

namespace eph {

class Database;

// Sets the pragmas and brings the file to the newest `user_version`, each step in one transaction. A file of a newer
// eph is refused.
void prepare_schema(Database& database);

}  // namespace eph

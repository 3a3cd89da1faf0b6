// What eph-sim can be told on its command line: which of the provider's known habits it takes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eph::sim {

enum class IdShape { svc_acct, user, uuid, service_account };
enum class DeleteBy { list, create, both };  // which of two differing ids DELETE and renaming accept

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    bool tls = false;
    std::string tls_cert, tls_key, tls_cert_out;
    std::string admin_key = "sk-admin-sim";
    std::vector<std::string> model_keys;  // live at the model endpoints from the start, as a plain Anthropic key is
    std::string project = "proj_sim";
    std::vector<std::string> other_projects;  // of the same organisation
    IdShape id_shape = IdShape::svc_acct;
    bool list_id_differs = false;
    DeleteBy delete_by = DeleteBy::both;
    bool service_accounts_as_users = false;
    bool allow_api_key_delete = false;
    bool refuse_expires = false;
    std::optional<std::int64_t> max_expires;
    std::chrono::milliseconds latency{0};
    std::chrono::milliseconds sse_delay{0};
    std::optional<std::string> reply;
    std::string log;
    bool die_with_parent = false;
};

// Ends the process itself on --help (0) and on bad usage (64).
Options parse_options(int argc, char** argv);

}  // namespace eph::sim

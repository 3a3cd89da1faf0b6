// The command line of eph-sim.
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>

namespace eph::sim {
namespace {

constexpr int kUsageStatus = 64;

const std::map<std::string, IdShape> kIdShapes = {{"svc_acct", IdShape::svc_acct},
                                                  {"user", IdShape::user},
                                                  {"uuid", IdShape::uuid},
                                                  {"service_account", IdShape::service_account}};
const std::map<std::string, DeleteBy> kDeleteBy = {
    {"list", DeleteBy::list}, {"create", DeleteBy::create}, {"both", DeleteBy::both}};

void set_listen(Options& options, const std::string& listen) {
    const auto colon = listen.rfind(':');
    if (colon == std::string::npos) throw CLI::ValidationError("--listen", "wants ADDRESS:PORT");
    options.host = listen.substr(0, colon);
    if (options.host.starts_with('[') && options.host.ends_with(']'))
        options.host = options.host.substr(1, options.host.size() - 2);
    int port = -1;
    if (!CLI::detail::lexical_cast(listen.substr(colon + 1), port) || port < 0 || port > 65535)
        throw CLI::ValidationError("--listen", "the port is a number from 0 to 65535");
    options.port = static_cast<std::uint16_t>(port);
}

void check(const Options& options) {
    if (options.tls_cert.empty() != options.tls_key.empty())
        throw CLI::ValidationError("--tls-cert", "--tls-cert and --tls-key go together");
    if (options.refuse_expires && options.max_expires)
        throw CLI::ValidationError("--no-expires", "contradicts --max-expires");
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    std::string listen = "127.0.0.1:0", key_delete = "refuse";
    std::int64_t latency_ms = 0, sse_delay_ms = 0;

    CLI::App app{"A simulated provider: OpenAI's Admin API, model endpoints, and faults on demand under /_sim/."};
    app.name("eph-sim");
    app.add_option("--listen", listen, "ADDRESS:PORT; port 0 takes a free one")->capture_default_str();
    app.add_flag("--tls", options.tls, "Speak TLS");
    app.add_option("--tls-cert", options.tls_cert, "PEM certificate chain; without it a self-signed one is made");
    app.add_option("--tls-key", options.tls_key, "PEM private key of --tls-cert");
    app.add_option("--tls-cert-out", options.tls_cert_out, "Where to write the self-signed certificate");
    app.add_option("--admin-key", options.admin_key, "The admin key")->capture_default_str();
    app.add_option("--model-key", options.model_keys, "A key that is live at the model endpoints; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--project", options.project, "The project there is")->capture_default_str();
    app.add_option("--other-project", options.other_projects, "One more of the same organisation; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--id-shape", options.id_shape, "What the ids of service accounts look like")
        ->option_text("svc_acct|user|uuid|service_account")
        ->transform(CLI::CheckedTransformer(kIdShapes));
    app.add_flag("--list-id-differs", options.list_id_differs, "Create answers with one id, lists with another");
    app.add_option("--delete-by", options.delete_by, "With --list-id-differs: the id that DELETE and renaming take")
        ->option_text("list|create|both")
        ->transform(CLI::CheckedTransformer(kDeleteBy));
    app.add_flag("--service-accounts-as-users", options.service_accounts_as_users,
                 "List and delete service accounts only under /users, with user-... ids");
    app.add_option("--api-key-delete", key_delete, "What becomes of DELETE for a service account's key")
        ->option_text("refuse|allow")
        ->check(CLI::IsMember({"refuse", "allow"}))
        ->capture_default_str();
    app.add_flag("--no-expires", options.refuse_expires, "Refuse expires_in_seconds with a 400 that names it");
    app.add_option("--max-expires", options.max_expires, "Demand expires_in_seconds, of at most so many")
        ->check(CLI::PositiveNumber);
    app.add_option("--latency-ms", latency_ms, "Wait before every answer")->check(CLI::NonNegativeNumber);
    app.add_option("--sse-delay-ms", sse_delay_ms, "Wait between streamed events")->check(CLI::NonNegativeNumber);
    app.add_option("--reply", options.reply, "What the model says, instead of repeating the user");
    app.add_option("--log", options.log, "Append a line a request to this file");
    app.add_flag("--die-with-parent", options.die_with_parent, "End when the parent process ends (Linux)");
    try {
        app.parse(argc, argv);
        set_listen(options, listen);
        check(options);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? EXIT_SUCCESS : kUsageStatus);
    }
    options.allow_api_key_delete = key_delete == "allow";
    options.latency = std::chrono::milliseconds{latency_ms};
    options.sse_delay = std::chrono::milliseconds{sse_delay_ms};
    return options;
}

}  // namespace eph::sim

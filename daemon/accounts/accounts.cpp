// Putting an account together, field by field, from the sources in their order.
#include "daemon/accounts/accounts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr const char* openai_base_url = "https://api.openai.com/v1";

// What changes whenever the file does.
std::string stamp_of(const std::filesystem::path& file) {
    struct stat info {};
    if (stat(file.c_str(), &info) != 0) return "none";
#if defined(__APPLE__)
    const timespec changed = info.st_mtimespec;
#else
    const timespec changed = info.st_mtim;
#endif
    return fmt::format("{} {} {}.{} {:o}", info.st_ino, info.st_size, changed.tv_sec, changed.tv_nsec, info.st_mode);
}

void check_provider(const std::string& provider) {
    if (provider == "openai") return;
    throw Error{Code::usage, "the provider '{}' is not known", printable(provider, 40)}.hint(
        "Known providers: openai.");
}

void check_key(const Secret& key) {
    if (!has_control(key.reveal()) && key.reveal().find(' ') == std::string_view::npos) return;
    throw Error{Code::usage, "the OpenAI admin key holds white space or control characters"}.hint(
        "Copy it again, without line breaks.");
}

void check_project(const std::string& project) {
    const auto usual = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    const bool fine = std::isalnum(static_cast<unsigned char>(project[0])) != 0 &&  // neither "." nor ".."
                      std::all_of(project.begin(), project.end(), usual);
    if (fine) return;
    throw Error{Code::usage, "'{}' is not an OpenAI project id", printable(project, 80)}.hint(
        "It looks like proj_..., see platform.openai.com/settings.");
}

}  // namespace

Accounts::Accounts(asio::any_io_executor executor, std::filesystem::path config_file, Credential environment,
                   std::string environment_source)
    : file_(std::move(config_file)),
      environment_(std::move(environment)),
      environment_source_(std::move(environment_source)),
      vault_(executor) {
    refresh();
}

// The file is read again when it changed, so that editing it needs no restart. One that cannot be used leaves what was
// read before: a slip of the pen must not keep keys from being revoked.
void Accounts::refresh() {
    std::string stamp = stamp_of(file_);
    if (stamp == config_stamp_ && config_error_.empty()) return;
    try {
        config_ = read_config(file_);
        config_error_.clear();
    } catch (const Error& error) {
        if (stamp != config_stamp_) spdlog::error("{}", error.message());
        config_error_ = error.message() + (error.hint().empty() ? "" : ". " + error.hint());
    }
    config_stamp_ = std::move(stamp);
}

Accounts::Outline Accounts::merge(const Credential& from_client, const StoredAccount* stored) const {
    Outline whole;
    const auto from = [&](const Credential& credential, const std::string& source) {
        if (whole.key == nullptr && !credential.admin_key.empty()) {
            whole.key = &credential.admin_key;
            whole.source = source;
        }
        if (whole.project.empty()) whole.project = credential.project;
        if (whole.base_url.empty()) whole.base_url = credential.base_url;
    };
    from(from_client, "client");
    const bool clients_own = whole.key != nullptr;
    from(environment_, environment_source_);
    if (stored != nullptr) {
        const Outline rest = outline(*stored);
        if (whole.project.empty()) whole.project = rest.project;
        if (whole.base_url.empty()) whole.base_url = rest.base_url;
        if (whole.key == nullptr) {
            whole.name = rest.name;
            whole.key = rest.key;
            whole.source = rest.source;
            whole.fingerprint = rest.fingerprint;
            whole.slot = rest.slot;
        } else if (whole.project.empty()) {
            whole.slot = rest.slot;  // the keychain may have the project
        }
    }
    if (!from_client.base_url.empty() && !clients_own) {
        const bool stored_one = environment_.base_url.empty() && stored != nullptr && !stored->base_url.empty();
        whole.only_at = stored_one ? stored->base_url : environment_.base_url;
        if (whole.only_at->empty()) whole.only_at = openai_base_url;
    }
    return whole;
}

Accounts::Outline Accounts::outline(const StoredAccount& stored) const {
    Outline whole;
    whole.name = stored.name;
    whole.project = stored.project;
    whole.base_url = stored.base_url;
    whole.source = stored.store;
    whole.fingerprint = stored.fingerprint;
    if (!stored.admin_key.empty()) whole.key = &stored.admin_key;
    if (stored.store.empty() || stored.store == file_store) return whole;
    const Slot slot{stored};
    whole.key = vault_.key(slot);
    if (whole.project.empty()) whole.project = vault_.project(slot);
    if (whole.key == nullptr) whole.slot = slot;
    return whole;
}

Accounts::Outline Accounts::outline(const Credential& from_client) const {
    if (from_client.account.empty()) return merge(from_client, config_.find(config_.default_account));
    if (const StoredAccount* named = config_.find(from_client.account)) return outline(*named);
    std::string known;
    for (const StoredAccount& each : config_.accounts) known += (known.empty() ? "" : ", ") + each.name;
    throw Error{Code::no_account, "there is no account '{}'", printable(from_client.account, 60)}.hint(
        (config_error_.empty() ? "" : config_error_ + ". ") + (known.empty() ? "" : "There is: " + known + ". ") +
        "A new one is stored with: eph auth setup --account NAME");
}

AccountRef Accounts::make(const Outline& outline) const {
    if (outline.key == nullptr || outline.project.empty()) return nullptr;
    check_key(*outline.key);
    check_project(outline.project);
    auto account = std::make_shared<Account>();
    account->name = outline.name;
    account->base = parse_base_url(outline.base_url.empty() ? openai_base_url : outline.base_url);
    // Whoever may ask ephd for a key may not have ephd's own admin key sent to an address of their choice.
    if (outline.only_at && account->base != parse_base_url(*outline.only_at)) {
        throw Error{Code::forbidden, "the stored admin key is not sent to {}, which only EPH_OPENAI_BASE_URL names",
                    account->base.text()}
            .hint(
                "Store the address too (eph auth setup --base-url ...), set OPENAI_ADMIN_KEY as well, or unset "
                "EPH_OPENAI_BASE_URL.");
    }
    account->place = {"openai", outline.project, account->base.text()};
    account->own_base_url = account->base != parse_base_url(openai_base_url);
    account->admin_key = outline.key->copy();
    account->source = outline.source;
    account->fingerprint = fingerprint_of(account->admin_key);
    return account;
}

Error Accounts::missing(const Outline& outline) const {
    if (!config_error_.empty()) return Error{Code::no_account, "no OpenAI account: {}", config_error_};
    if (outline.key == nullptr && config_.default_account != default_name &&
        config_.find(config_.default_account) == nullptr) {
        return Error{Code::no_account, "there is no account '{}', which the configuration calls the default one",
                     config_.default_account}
            .hint("Run: eph auth setup --account " + config_.default_account);
    }
    if (outline.key == nullptr) {
        return Error{Code::no_account, "no OpenAI admin key is loaded"}.hint(
            "Run eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.");
    }
    return Error{Code::no_account, "no OpenAI project is loaded"}.hint("Run eph auth setup, or set OPENAI_PROJECT_ID.");
}

Task<AccountRef> Accounts::pick(std::string provider, const Credential& from_client) {
    check_provider(provider);
    refresh();
    Outline whole = outline(from_client);
    if (whole.slot) {
        co_await vault_.load(*whole.slot, config_.store_timeout, Asker::person);
        refresh();
        whole = outline(from_client);
    }
    AccountRef account = make(whole);
    if (!account) throw missing(whole);
    if (!from_client.empty()) keep(account);
    announce(account);
    co_return account;
}

void Accounts::remember(const std::string& provider, const Credential& from_client) {
    if (provider != "openai" || from_client.admin_key.empty() || !from_client.account.empty()) return;
    refresh();
    const AccountRef account = make(outline(from_client));
    if (!account) return;
    keep(account);
    announce(account);
}

void Accounts::keep(const AccountRef& account) {
    const bool known = std::any_of(from_clients_.begin(), from_clients_.end(), [&](const AccountRef& each) {
        return each->place == account->place && each->fingerprint == account->fingerprint;
    });
    if (!known) from_clients_.push_back(account);
}

void Accounts::announce(const AccountRef& account) {
    if (!announced_.insert({account->place, account->fingerprint}).second) return;
    if (on_loaded) on_loaded(account->place);
}

std::vector<std::string> Accounts::notes() {
    refresh();
    if (config_error_.empty()) return {};
    return {config_error_};
}

const Config& Accounts::config() {
    refresh();
    return config_;
}

void Accounts::forget_clients_except(const std::set<Place>& needed) {
    std::erase_if(from_clients_, [&](const AccountRef& account) {
        if (needed.contains(account->place)) return false;
        announced_.erase({account->place, account->fingerprint});
        return true;
    });
}

}  // namespace eph

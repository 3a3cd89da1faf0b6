// Loading and keeping.
#include "daemon/accounts/vault.hpp"

#include "daemon/accounts/store_calls.hpp"

namespace eph {
namespace {

constexpr Duration janitor_pause = std::chrono::seconds{30};

Error forgotten(const Slot& slot) {
    return Error{Code::no_account, "the {} of the account {} was in ephd's memory alone, and ephd was restarted",
                 credential_word(makes_keys_at(slot.provider)), slot.account()}
        .hint("Give it again: " + setup_command(slot.provider, slot.name));
}

}  // namespace

std::string Vault::id_of(const Slot& slot) {
    std::string id = slot.provider + '\n' + slot.name + '\n' + slot.store;
    for (const std::string& word : slot.command) id += '\n' + word;
    return id;
}

const Vault::Entry* Vault::find(const Slot& slot) const {
    const auto found = entries_.find(id_of(slot));
    return found == entries_.end() ? nullptr : &found->second;
}

const Secret* Vault::key(const Slot& slot) const {
    const Entry* entry = find(slot);
    return entry == nullptr || entry->key.empty() ? nullptr : &entry->key;
}

std::string Vault::project(const Slot& slot) const {
    const Entry* entry = find(slot);
    return entry == nullptr ? std::string{} : entry->project;
}

std::string Vault::problem(const Slot& slot) const {
    const Entry* entry = find(slot);
    if (slot.store == memory_store && (entry == nullptr || entry->key.empty())) return forgotten(slot).message();
    return entry == nullptr || !entry->trouble ? std::string{} : entry->trouble->message();
}

void Vault::put(const Slot& slot, Secret key) {
    Entry& entry = entries_[id_of(slot)];
    entry.key = std::move(key);
    entry.trouble.reset();
    ++entry.changes;
}

void Vault::forget(const Slot& slot) {
    const auto found = entries_.find(id_of(slot));
    if (found == entries_.end()) return;
    found->second.key = Secret{};  // the entry stays: somebody may be loading it
    found->second.trouble.reset();
    ++found->second.changes;
}

Task<void> Vault::load(Slot slot, Duration limit, Asker asker) {
    Entry& entry = entries_[id_of(slot)];
    const bool waited = entry.loading;
    while (entry.loading) co_await changed_.wait();
    if (!entry.key.empty()) co_return;
    if (slot.store == memory_store) throw forgotten(slot);
    const bool lately = std::chrono::steady_clock::now() - entry.tried < janitor_pause;
    if (entry.trouble && (waited || (lately && asker == Asker::janitor))) throw *entry.trouble;

    struct Loading {
        Entry& entry;
        Signal& changed;
        Loading(Entry& one, Signal& signal) : entry(one), changed(signal) { entry.loading = true; }
        ~Loading() {
            entry.loading = false;
            entry.tried = std::chrono::steady_clock::now();
            changed.notify();
        }
    } loading{entry, changed_};
    entry.trouble.reset();
    const std::uint64_t before = entry.changes;
    try {
        FromStore found = co_await load_from_store(slot, limit);
        if (entry.changes != before) co_return;  // what was put or forgotten meanwhile is newer
        entry.key = std::move(found.key);
        entry.project = std::move(found.project);
    } catch (const Error& error) {
        if (entry.changes == before) entry.trouble = error;
    }
    if (entry.trouble) throw *entry.trouble;
}

}  // namespace eph

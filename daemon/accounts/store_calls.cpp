// The stores' programs, and sentences for what they do not do.
#include "daemon/accounts/store_calls.hpp"

#include <algorithm>

#include "common/admin_key.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/async/program.hpp"

namespace eph {
namespace {

std::string first_line(std::string_view text) {
    text = trim(text);
    return std::string{trim(text.substr(0, text.find('\n')))};
}

// The last line that it said, which is the one that counts, or all that stands behind the last "Error:" (pass says in
// three lines that it was never set up); without anything that looks like a key.
std::string last_words(const std::string& err) {
    const std::string_view text = trim(err);
    const std::size_t line = text.rfind('\n');
    const std::size_t error = text.rfind("Error: ");
    return printable(without_keys(line == text.npos ? text : text.substr(std::min(line + 1, error))), 200);
}

std::string said(const Store& store, const ProgramEnd& end) {
    const std::string words = last_words(end.err);
    return words.empty() ? fmt::format("{} ended with status {} and said nothing", store.program, end.status)
                         : fmt::format("{} ended with status {}: {}", store.program, end.status, words);
}

// `what`: "gave no key". One sentence, and what to do about it.
Error trouble(Code code, const Slot& slot, std::string_view what, const std::string& why) {
    const Store& store = find_store(slot.store);
    return Error{code, "the store {} {} for the account {}: {}", store.name, what, slot.account(), why}.hint(
        std::string{store.advice});
}

// The end of a call of the store's program. `what` as above.
Task<ProgramEnd> run(Slot slot, StoreCall call, Duration limit, Code code, std::string what) {
    std::optional<Error> failure;
    try {
        co_return co_await run_program(std::move(call.command), std::move(call.input), limit);
    } catch (const Error& error) {
        failure = error;
    }
    if (failure->code() != Code::not_found) throw trouble(code, slot, what, failure->message());
    throw trouble(code, slot, what,
                  fmt::format("{} is not installed, or not on ephd's PATH", find_store(slot.store).program));
}

// Whether the store has the secret all the same: then it is locked.
Task<bool> is_there(Slot slot, Duration limit) {
    const Store& store = find_store(slot.store);
    if (store.find == nullptr) co_return false;
    StoreCall call = store.find(slot);
    const ProgramEnd end = co_await run(slot, std::move(call), limit, Code::no_account, "cannot be searched");
    co_return !trim(end.out).empty();
}

}  // namespace

Task<FromStore> load_from_store(Slot slot, Duration limit) {
    const Store& store = find_store(slot.store);
    const std::string what = "gave no key";
    StoreCall call = store.load(slot);
    ProgramEnd end = co_await run(slot, std::move(call), limit, Code::no_account, what);
    if (end.status != 0) {
        if (!store.absent(end.status, trim(end.err))) throw trouble(Code::no_account, slot, what, said(store, end));
        const bool locked = co_await is_there(slot, limit);
        if (locked) throw trouble(Code::no_account, slot, what, "it is locked");
        throw Error{Code::no_account, "the store {} has no key for the account {}", store.name, slot.account()}.hint(
            "Run: " + setup_command(slot.provider, slot.name));
    }
    FromStore found;
    std::string line = first_line(end.out);
    wipe(end.out);
    if (line.empty()) throw trouble(Code::no_account, slot, what, fmt::format("{} printed nothing", store.program));
    found.key = Secret::take(line);
    if (slot.wants_project) {
        StoreCall asked = find_project(slot);
        const ProgramEnd project = co_await run(slot, std::move(asked), limit, Code::no_account, "gave no project");
        if (project.status == 0) found.project = first_line(project.out);
    }
    co_return found;
}

Task<void> put_into_store(Slot slot, Secret key, Duration limit) {
    const Store& store = find_store(slot.store);
    const std::string what = "did not take the key";
    StoreCall call = store.put(slot, key);
    const ProgramEnd end = co_await run(slot, std::move(call), limit, Code::storage, what);
    if (end.status != 0) throw trouble(Code::storage, slot, what, said(store, end));
    slot.wants_project = false;
    FromStore back = co_await load_from_store(slot, limit);
    if (!back.key.equals(key.reveal())) throw trouble(Code::storage, slot, what, "it gives another one back");
}

Task<void> clear_from_store(Slot slot, Duration limit) {
    const Store& store = find_store(slot.store);
    const std::string what = "did not give up the key";
    StoreCall call = store.clear(slot);
    const ProgramEnd end = co_await run(slot, std::move(call), limit, Code::storage, what);
    if (end.status == 0) co_return;
    if (!store.absent(end.status, trim(end.err))) throw trouble(Code::storage, slot, what, said(store, end));
    const bool locked = co_await is_there(slot, limit);
    if (locked) throw trouble(Code::storage, slot, what, "it is locked");
}

Task<std::string> fault_of_secret_service() {
    constexpr Duration limit = std::chrono::seconds{3};
    std::vector<std::string> command{"secret-tool", "search", "application", "eph"};
    std::optional<Error> failure;
    ProgramEnd end;
    try {
        end = co_await run_program(std::move(command), Secret{}, limit);
    } catch (const Error& error) {
        failure = error;
    }
    if (failure) co_return failure->code() == Code::not_found ? "secret-tool is not installed" : failure->message();
    const std::string words = last_words(end.err);
    if (end.status != 0) co_return words.empty() ? "secret-tool fails" : words;
    co_return words.find("locked") == words.npos ? "" : "it is locked";
}

}  // namespace eph

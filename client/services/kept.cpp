// Asking the service manager first and ephd second.
#include "client/services/kept.hpp"

#include <sys/types.h>

#include <limits>

#include "client/api_client.hpp"

namespace eph {
namespace {

Task<std::optional<wire::Status>> ask() {
    ApiClient api{Start::never};
    std::optional<wire::Status> status;
    try {
        const ApiAnswer answer = co_await api.call("GET", "/v1/status", "", look_limit);
        status = answer.as<wire::Status>();
        // It is where a signal goes that ends ephd; what is no process's number means many of them to kill(2).
        if (status->pid <= 1 || status->pid > std::numeric_limits<pid_t>::max()) throw not_understood("its process");
    } catch (const Error& error) {
        if (error.code() != Code::daemon_unreachable) throw;
    }
    co_return status;
}

Task<int> ask_into(std::optional<wire::Status>& status) {
    status = co_await ask();
    co_return 0;
}

}  // namespace

std::optional<wire::Status> ask_ephd() {
    std::optional<wire::Status> status;
    run_task(ask_into(status));
    return status;
}

Kept look_at_ephd() {
    Kept kept;
    kept.found = find_service_manager();
    if (kept.found.manager) kept.service = kept.found.manager->state();
    const bool asking_would_start_it = kept.service.listening && !kept.service.running;
    if (asking_would_start_it) return kept;
    try {
        kept.status = ask_ephd();
    } catch (const Error& error) {
        if (error.code() != Code::timeout) throw;
        kept.silence = error;
    }
    return kept;
}

void Kept::must_answer() const {
    if (silence) throw *silence;
}

bool Kept::managed() const {
    if (!found.manager) return false;
    return status ? service.running && service.pid == status->pid : service.installed;
}

Supervisor& Kept::keeper() const { return managed() ? *found.manager : *hand; }

}  // namespace eph

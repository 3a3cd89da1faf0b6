// What sessions use and what they are refused, on its way to the ledger.
#include <spdlog/spdlog.h>
#include <boost/asio/steady_timer.hpp>

#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/broker/served.hpp"

namespace eph {
namespace {

constexpr Duration batch = std::chrono::seconds{1};

std::string in_words(const wire::Usage& usage) {
    std::string text = fmt::format("{} requests, {} refused, {} failed", usage.requests, usage.refused, usage.failed);
    for (const wire::ModelUsage& each : usage.models) {
        text += fmt::format("; {}: {} requests, {} tokens in, {} out",
                            each.model.empty() ? "no model" : printable(each.model, 80), each.requests,
                            each.input_tokens, each.output_tokens);
        if (each.unknown > 0) text += fmt::format(", of {} unknown", each.unknown);
    }
    return text;
}

}  // namespace

void Broker::used(const SessionId& session) {
    const ServedRef served = find(session);
    if (!served) return;
    if (served->denied_after) {
        const std::int64_t good = served->good_answers();
        if (good > *served->denied_after) {
            served->denied_after.reset();
        } else {
            served->denied_after = good;  // fewer, where a request never reached the provider
        }
    }
    served->unsaved = true;
    used_.notify();
}

Task<void> Broker::keep_records() {
    for (;;) {
        const bool waiting =
            std::any_of(served_.begin(), served_.end(), [](const auto& each) { return each.second->unsaved; });
        if (!waiting) {
            co_await used_.wait();
            continue;
        }
        asio::steady_timer pause{executor_, batch};
        co_await pause.async_wait(use_awaitable);
        bool saved = false;
        try {
            save();
            saved = true;
        } catch (const Error& error) {
            spdlog::error("what sessions use is not recorded yet: {}", error.message());
        }
        if (saved) continue;
        pause.expires_after(after_ledger_trouble);
        co_await pause.async_wait(use_awaitable);
    }
}

void Broker::save() {
    std::vector<std::pair<SessionId, wire::Usage>> usages;
    for (const auto& [id, served] : served_) {
        if (served->unsaved) usages.emplace_back(id, served->session->meter.if_cut_now());
    }
    if (usages.empty()) return;
    ledger_.used(usages);
    for (const auto& [id, served] : served_) served->unsaved = false;
}

// The last of its lines in the trail.
void Broker::sum_up(const Served& served) {
    try {
        save();
    } catch (const Error& error) {  // keep_records() tries again
        spdlog::error("what session {} used is not recorded yet: {}", served.id.text(), error.message());
    }
    note(served, "used", in_words(served.session->meter.usage()));
}

void Broker::refused(const SessionId& session, const Refusal& refusal) {
    const ServedRef served = find(session);
    if (!served || !served->is_news(refusal.reason)) return;
    note(*served, "refused", refusal.reason + ": " + printable(refusal.message, 300));
}

void Broker::note(const Served& served, const char* event, const std::string& detail) {
    AuditRow row;
    row.actor = "broker";
    row.event = event;
    row.session = served.id;
    row.host = served.host;
    row.detail = detail;
    try {
        ledger_.note(row);
    } catch (const Error& error) {
        spdlog::error("session {}: {}", served.id.text(), error.message());
    }
}

std::optional<wire::Usage> Broker::usage(const SessionRow& session) const {
    if (const ServedRef served = find(session.id)) return served->session->meter.usage();
    if (!session.broker) return std::nullopt;
    return session.broker->usage;
}

}  // namespace eph

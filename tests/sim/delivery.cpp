// Sending answers, and making faults happen on the wire.
#include "delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "answers.hpp"
#include "http_text.hpp"

namespace eph::sim {
namespace {

namespace asio = boost::asio;

constexpr const char* kMadeUp = R"({"object": "list", "data": [], "has_more": false})";
constexpr const char* kGarbage = "<html><body>\xff\xfe 502 Bad Gateway {\"id\": </body>";

Answer carry_out(Sim& sim, const Call& call) {
    try {
        return is_admin(call) ? answer_admin(sim, call) : answer_model(sim, call);
    } catch (const std::exception& error) {
        return openai_error(500, fmt::format("eph-sim failed: {}", error.what()));
    }
}

std::optional<std::size_t> length_of(const Answer& answer) {
    return answer.events.empty() ? std::optional{answer.body.size()} : std::nullopt;
}

// The status, headers and body that the fault asks for, laid over an answer.
Answer altered(Answer answer, const Fault& fault, std::optional<std::string> body) {
    if (body) {
        answer.events.clear();
        answer.body = *body;
    }
    if (fault.status) answer.status = *fault.status;
    answer.headers.insert(answer.headers.end(), fault.headers.begin(), fault.headers.end());
    return answer;
}

// As a provider would that mixes its accounts up: the id is one of another account in the list.
Answer with_other_id(Sim& sim, Answer answer) {
    Json body = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !body.is_object() || !body.contains("id")) return answer;
    for (const Account& account : sim.world.accounts()) {
        if (account.deleted_at || account.name == body.value("name", "")) continue;
        body["id"] = account.listed_id;
        answer.body = to_text(body);
        break;
    }
    return answer;
}

Answer without_first(Answer page, std::size_t items) {
    Json body = Json::parse(page.body, nullptr, false);
    if (page.status != 200 || !body.is_object() || !body.contains("data")) return page;
    Json& data = body["data"];
    data.erase(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(std::min(items, data.size())));
    page.body = to_text(body);
    return page;
}

Answer confirmed_deletion(const Call& call) {
    const std::string id = call.path.substr(call.path.rfind('/') + 1);
    return json_answer(200,
                       {{"object", "organization.project.service_account.deleted"}, {"id", id}, {"deleted", true}});
}

// By an update that changes nothing, which the same accounts take and refuse.
bool would_be_confirmed(Sim& sim, const Call& deletion) {
    Call update = deletion;
    update.method = "POST";
    update.body = "{}";
    return carry_out(sim, update).status == 200;
}

asio::awaitable<void> carry_out_later(Sim& sim, Call call, std::chrono::milliseconds delay) {
    asio::steady_timer timer{co_await asio::this_coro::executor, delay};
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)carry_out(sim, call);
}

Answer simulated_error(const Fault& fault) {
    return openai_error(fault.status.value_or(500), "A fault that was asked for.", {}, "simulated_fault");
}

}  // namespace

asio::awaitable<After> Delivery::answer_provider_call(const Call& call) {
    const std::optional<Fault> fault = sim_.faults.meet(call);
    const char* fault_name = fault ? to_text(fault->kind) : "";
    seq_ = sim_.recorder.arrived(call, fault_name);
    co_await pause(sim_.latency);
    After after = After::keep;
    if (fault) {
        after = co_await fail(call, *fault);
    } else {
        const Answer answer = carry_out(sim_, call);
        after = co_await send(answer);
    }
    if (sim_.log.is_open()) {
        sim_.log << fmt::format("{} connection {} {} {} {} {}\n", seq_, call.connection, call.method, call.path,
                                status_, fault ? fault_name : "-");
        sim_.log.flush();
    }
    co_return after;
}

asio::awaitable<After> Delivery::fail(const Call& call, const Fault& fault) {
    using enum FaultKind;
    // Some kinds say themselves whether there is an effect.
    const bool always = fault.kind == reset_after || fault.kind == drip || fault.kind == other_id ||
                        fault.kind == twice || fault.kind == shift;
    const bool effect =
        (fault.effect && fault.kind != reset_before && fault.kind != late && fault.kind != interim) || always;
    Answer answer;
    answer.body = kMadeUp;
    if (effect) answer = carry_out(sim_, call);
    if (fault.kind != drip && fault.kind != late && fault.kind != interim) co_await pause(fault.delay);
    if (fault.kind == delay && !effect) answer = carry_out(sim_, call);

    switch (fault.kind) {
        case reset_before:
        case reset_after:
            co_return After::reset;
        case hang:
            co_return co_await hang_on();
        case status:
            answer = altered(simulated_error(fault), fault, fault.body);
            break;
        case garbage:
            answer = altered(answer, fault, fault.body.value_or(kGarbage));
            break;
        case empty:
            answer = altered(answer, fault, "");
            break;
        case other_id:
            answer = with_other_id(sim_, std::move(answer));
            break;
        case interim:
            co_return co_await send_after_interim(call, fault);
        case twice:
            (void)carry_out(sim_, call);
            break;
        case shift:
            answer = without_first(std::move(answer), fault.items);
            break;
        case late:
            if (!would_be_confirmed(sim_, call)) {
                answer = carry_out(sim_, call);
                break;
            }
            asio::co_spawn(timer_.get_executor(), carry_out_later(sim_, call, fault.delay), asio::detached);
            answer = altered(confirmed_deletion(call), fault, fault.body);
            break;
        case truncate:
        case close_after_headers:
        case drip:
        case delay:
            answer = altered(answer, fault, fault.body);
            break;
    }
    if (fault.kind == truncate) co_return co_await send_part(answer, 0.5);
    if (fault.kind == close_after_headers) co_return co_await send_part(answer, 0);
    if (fault.kind == drip) co_return co_await send_slowly(answer, fault.delay);
    co_return co_await send(answer);
}

asio::awaitable<After> Delivery::hang_on() {
    co_await wire_.until_caller_leaves();
    co_return After::cut;
}

asio::awaitable<After> Delivery::send_part(const Answer& answer, double part_of_body) {
    const std::size_t head = head_text(answer, length_of(answer), keep_alive_).size();
    std::string bytes = whole_text(answer, keep_alive_);
    bytes.resize(head + static_cast<std::size_t>(static_cast<double>(bytes.size() - head) * part_of_body));
    note(answer.status);
    co_await wire_.write(std::move(bytes));
    co_return After::cut;
}

asio::awaitable<After> Delivery::send_slowly(const Answer& answer, std::chrono::milliseconds between) {
    const std::string bytes = whole_text(answer, keep_alive_);
    note(answer.status);
    for (const char byte : bytes) {
        if (!co_await wire_.write(std::string(1, byte))) co_return After::cut;
        co_await pause(between);
    }
    co_return keep_alive_ ? After::keep : After::close;
}

asio::awaitable<After> Delivery::send(const Answer& answer) {
    note(answer.status);
    bool written = false;
    if (answer.events.empty()) {
        written = co_await wire_.write(whole_text(answer, keep_alive_));
    } else {
        written = co_await wire_.write(head_text(answer, std::nullopt, keep_alive_));
        for (const std::string& event : answer.events) {
            if (!written) break;
            written = co_await wire_.write(chunk_text(event));
            co_await pause(sim_.options.sse_delay);
        }
        if (written) written = co_await wire_.write(kLastChunk);
    }
    co_return written&& keep_alive_ ? After::keep : After::close;
}

asio::awaitable<After> Delivery::send_after_interim(const Call& call, const Fault& fault) {
    for (std::size_t i = 0; i < fault.items; ++i) {
        if (!co_await wire_.write(fmt::format("HTTP/1.1 {} Early\r\n\r\n", fault.status.value_or(103))))
            co_return After::cut;
    }
    co_await pause(fault.delay);
    const Answer answer = carry_out(sim_, call);
    co_return co_await send(answer);
}

asio::awaitable<void> Delivery::pause(std::chrono::milliseconds length) {
    if (length.count() == 0) co_return;
    timer_.expires_after(length);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Before the first byte leaves: whoever has an answer finds it recorded.
void Delivery::note(unsigned status) {
    status_ = status;
    if (seq_ != 0) sim_.recorder.answered(seq_, status);
}

}  // namespace eph::sim

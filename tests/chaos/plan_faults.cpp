// Every fault that eph-sim can bring, drawn with its particulars.
#include "tests/chaos/plan.hpp"

namespace eph::chaos {
namespace {

// Which calls: creations, deletions, lists, changes, or whatever comes.
Json which(Random& random) {
    return random.weighed<Json>({{{{"method", "POST"}, {"path_contains", "service_accounts"}}, 35},
                                 {{{"method", "DELETE"}}, 35},
                                 {{{"method", "GET"}, {"path_contains", "service_accounts"}}, 15},
                                 {{{"path_contains", "/organization/"}}, 15}});
}

Json status(Random& random, std::string& kind) {
    const int number = random.chance(50) ? random.one_of({400, 401, 403, 404, 409, 429, 500, 502, 503, 504})
                                         : random.between(400, 599);
    Json fault = {{"kind", "status"}, {"status", number}, {"effect", random.chance(30)}};
    kind = number < 500 ? "status 4xx" : "status 5xx";
    if (number == 404) kind = "status 404, untrue";
    if (number < 500 && fault["effect"] == true) kind = "refused, yet done";
    return fault;
}

Json slow_down(Random& random, std::string& kind) {
    const int seconds = random.between(1, 6);
    Json fault = {{"kind", "status"}, {"status", random.one_of({429, 429, 503})}};
    kind = "Retry-After, seconds";
    if (random.chance(40)) {
        fault["retry_at"] = seconds;  // an HTTP date, made when the fault is set
        kind = "Retry-After, a date";
    } else {
        fault["headers"] = {{"Retry-After", std::to_string(seconds)}};
    }
    return fault;
}

// Answers that are JSON, and not what they should be.
Json unreadable(Random& random) {
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += '[';
    const std::string huge =
        R"({"object":"list","data":[],"has_more":false,"padding":")" + std::string(3'000'000, 'x') + "\"}";
    return {
        {"kind", "garbage"},
        {"effect", random.chance(60)},
        {"body", random.one_of<std::string>({"{\"id\": 5, \"name\": []}", "null", "[]", "{}", "\"text\"", deep, huge,
                                             "{\"object\":\"list\",\"data\":[{}],\"has_more\":true}",
                                             "{\"id\":\"\\u0000\\u001b[2J\",\"api_key\":{\"value\":\"a b\\nc\"}}"})}};
}

Json on_deletion(Json fault) {
    fault["match"] = {{"method", "DELETE"}};
    return fault;
}

Json on_creation(Json fault) {
    fault["match"] = {{"method", "POST"}, {"path_contains", "service_accounts"}};
    return fault;
}

// Only what comes after a first page can have shifted since.
Json on_later_page(Json fault) {
    fault["match"] = {{"method", "GET"}, {"path_contains", "after="}};
    return fault;
}

Json plain(const std::string& kind, Random& random, Json more = Json::object()) {
    Json fault = {{"kind", kind}, {"effect", random.chance(50)}};
    fault.update(more);
    return fault;
}

}  // namespace

Json fault_of(Random& random, std::string& kind) {
    const int drawn = random.weighed<int>({{0, 30},
                                           {1, 7},
                                           {2, 9},
                                           {3, 7},
                                           {4, 8},
                                           {5, 4},
                                           {6, 4},
                                           {7, 4},
                                           {8, 4},
                                           {9, 5},
                                           {10, 4},
                                           {11, 5},
                                           {12, 8},
                                           {13, 5},
                                           {14, 10},
                                           {15, 4}});
    Json fault;
    const auto named = [&](const char* name, Json drawn_fault) {
        kind = name;
        return drawn_fault;
    };
    switch (drawn) {
        case 0:
            fault = status(random, kind);
            break;
        case 1:
            fault = named("reset before the effect", plain("reset_before", random));
            break;
        case 2:
            fault = named("reset after the effect", plain("reset_after", random));
            break;
        case 3:
            fault = named("hang", plain("hang", random));
            break;
        case 4:
            fault = named("late answer", plain("delay", random, {{"delay_ms", random.between(100, 4000)}}));
            break;
        case 5:
            fault = named("no JSON", plain("garbage", random));
            break;
        case 6:
            fault = named("unreadable JSON", unreadable(random));
            break;
        case 7:
            fault = named("truncated", plain("truncate", random));
            break;
        case 8:
            fault = named("headers, then the end", plain("close_after_headers", random));
            break;
        case 9:
            fault = named("slow drip", plain("drip", random, {{"delay_ms", random.between(1, 30)}}));
            break;
        case 10:
            fault = named("empty", plain("empty", random));
            break;
        case 11:
            fault = named("duplicate name", on_creation({{"kind", "twice"}}));
            break;
        case 12:
            fault = named("shifted page", on_later_page({{"kind", "shift"}, {"items", random.between(1, 30)}}));
            break;
        case 13:
            fault =
                named("deletion that is late", on_deletion({{"kind", "late"}, {"delay_ms", random.between(50, 3000)}}));
            break;
        case 14:
            fault = slow_down(random, kind);
            break;
        default:
            fault = named("deletion confirmed, not done",
                          on_deletion({{"kind", "status"}, {"status", 200}, {"body", {{"deleted", true}}}}));
            break;
    }
    if (!fault.contains("match")) fault["match"] = which(random);
    fault["skip"] = random.weighed<int>({{0, 70}, {1, 20}, {3, 10}});
    fault["times"] = random.weighed<int>({{1, 50}, {2, 25}, {4, 15}, {-1, 10}});
    return fault;
}

}  // namespace eph::chaos

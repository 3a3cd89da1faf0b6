// The table first, then ephd.
#include "client/commands/provider_choice.hpp"

#include "client/agents/agents.hpp"
#include "client/api_client.hpp"
#include "common/error.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

Task<int> ask_ephd(wire::ProviderList& list) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/providers", "", look_limit);
    list = answer.as<wire::ProviderList>();
    co_return 0;
}

}  // namespace

std::string provider_name(const std::string& given) {
    if (!is_provider_name(given)) (void)provider_row(given);  // throws, with those that there are
    return canonical_provider(given);                         // perhaps ephd's configuration has it
}

std::string provider_of(const Arguments& arguments) {
    if (const auto given = arguments.value("--provider")) return provider_name(*given);
    const std::optional<std::string> agent = arguments.value("--agent");
    return std::string{agent ? agent_kind(*agent).provider : "openai"};
}

ProviderChoice choose_provider(const Arguments& arguments) {
    const std::string name = provider_of(arguments);
    if (const ProviderRow* row = find_provider(name))
        return {name, std::string{row->title}, row->makes_keys, row->needs_key};
    wire::ProviderList list;
    run_task(ask_ephd(list));
    std::string known;
    for (const wire::Provider& each : list.providers) {
        if (each.name == name) return {name, printable(each.title, 60), each.makes_keys, each.needs_key};
        known += (known.empty() ? "" : ", ") + each.name;
    }
    throw Error{Code::usage, "the provider '{}' is not known", name}.hint(
        "Known providers: " + known + ". Another one is made known by \"providers\" in config.json.");
}

}  // namespace eph

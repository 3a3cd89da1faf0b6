// Every provider that there is, as the configuration has it.
#include "daemon/api/handlers.hpp"

namespace eph {

Task<ApiReply> list_providers(Services& services, const ApiRequest&) {
    wire::ProviderList list;
    const Config& config = services.accounts.config();
    for (const std::string& name : provider_names(config)) {
        const ProviderView view = provider_view(name, config);
        wire::Provider document;
        document.name = view.name;
        if (const ProviderRow* row = find_provider(name)) document.alias = row->alias;
        document.title = view.title;
        document.family = name_of(view.family);
        document.key_variable = view.key_variable;
        document.base_url = view.base_url;
        document.base_path = view.base_path;
        document.makes_keys = view.makes_keys;
        document.needs_key = view.needs_key;
        list.providers.push_back(std::move(document));
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

}  // namespace eph

// What each route does. Every function decodes its body, asks one service and encodes the answer.
#pragma once

#include "daemon/api/exchange.hpp"
#include "daemon/api/services.hpp"

namespace eph {

Task<ApiReply> show_status(Services& services, const ApiRequest& request);
Task<ApiReply> show_metrics(Services& services, const ApiRequest& request);
Task<ApiReply> list_events(Services& services, const ApiRequest& request);

Task<ApiReply> list_providers(Services& services, const ApiRequest& request);
Task<ApiReply> list_accounts(Services& services, const ApiRequest& request);
Task<ApiReply> show_account(Services& services, const ApiRequest& request);
Task<ApiReply> set_account(Services& services, const ApiRequest& request);
Task<ApiReply> clear_account(Services& services, const ApiRequest& request);
Task<ApiReply> check_account(Services& services, const ApiRequest& request);

Task<ApiReply> list_keys(Services& services, const ApiRequest& request);
Task<ApiReply> show_key(Services& services, const ApiRequest& request);
Task<ApiReply> create_key(Services& services, const ApiRequest& request);
Task<ApiReply> revoke_key(Services& services, const ApiRequest& request);
Task<ApiReply> clean_up(Services& services, const ApiRequest& request);
Task<ApiReply> show_cleanup(Services& services, const ApiRequest& request);

Task<ApiReply> list_sessions(Services& services, const ApiRequest& request);
Task<ApiReply> show_session(Services& services, const ApiRequest& request);
Task<ApiReply> end_session(Services& services, const ApiRequest& request);
Task<ApiReply> extend_session(Services& services, const ApiRequest& request);
Task<void> start_session(Services& services, const ApiRequest& request, EventStream& stream);
Task<void> hold_lease(Services& services, const ApiRequest& request, EventStream& stream);

}  // namespace eph

// Taking a request apart: path, query, and in which header it bears its credential.
#include "request.hpp"

namespace eph::sim {
namespace {

namespace http = boost::beast::http;
using View = boost::beast::string_view;

std::string text(View view) { return {view.data(), view.size()}; }

void find_credential(Call& call, const http::request<http::string_body>& request) {
    constexpr View bearer = "Bearer ";
    const View authorization = request[http::field::authorization];
    if (authorization.starts_with(bearer)) {
        call.credential_kind = CredentialKind::bearer;
        call.credential = text(authorization.substr(bearer.size()));
    } else if (request.count("x-api-key") > 0) {
        call.credential_kind = CredentialKind::x_api_key;
        call.credential = text(request["x-api-key"]);
    } else if (request.count("x-goog-api-key") > 0) {
        call.credential_kind = CredentialKind::x_goog_api_key;
        call.credential = text(request["x-goog-api-key"]);
    }
}

}  // namespace

Call call_of(http::request<http::string_body> request, std::uint64_t connection) {
    Call call;
    call.method = text(request.method_string());
    const std::string target = text(request.target());
    const auto question = target.find('?');
    call.path = target.substr(0, question);
    if (question != std::string::npos) call.query = target.substr(question + 1);
    for (const auto& field : request) call.headers.emplace_back(text(field.name_string()), text(field.value()));
    find_credential(call, request);
    call.wants_upgrade = request.count(http::field::upgrade) > 0;
    call.connection = connection;
    call.body = std::move(request.body());
    return call;
}

}  // namespace eph::sim

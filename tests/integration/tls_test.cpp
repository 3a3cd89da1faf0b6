// TLS to the provider: who is trusted, and who is not.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

// eph-sim with a certificate of its own making for localhost, 127.0.0.1 and ::1. Its control API is out of reach here.
struct Fixture {
    TempHome home;
    std::string certificate = home.path("sim.pem");
    Sim sim{{"--tls", "--tls-cert-out", certificate}};

    Variables trusted(const std::string& host) {
        Variables account = Daemon::account(sim);
        account["EPH_OPENAI_BASE_URL"] = "https://" + host + ":" + std::to_string(sim.port()) + "/v1";
        account["SSL_CERT_FILE"] = certificate;
        return account;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a provider is trusted by the certificate in SSL_CERT_FILE, by name or by address") {
    for (const char* host : {"localhost", "127.0.0.1"}) {
        INFO(host);
        Daemon ephd{home, trusted(host)};
        const std::string id = ephd.create_key().at("key").at("id");
        CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
        CHECK(ephd.stop().status == 0);
    }
}

TEST_CASE_METHOD(Fixture, "a provider whose certificate nobody vouches for gets no credential") {
    Variables account = trusted("localhost");
    account["SSL_CERT_FILE"] = "/dev/null";
    Daemon ephd{home, account};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK(error.at("code") == "provider_unreachable");
    CHECK(error.at("message") ==
          "the certificate of localhost:" + std::to_string(sim.port()) + " is not trusted: self-signed certificate");
    CHECK(error.at("hint") ==
          "If a gateway stands in between, name its certificate authority in SSL_CERT_FILE for ephd.");
    CHECK(ephd.get("/v1/keys").at("keys").empty());
}

TEST_CASE_METHOD(Fixture, "a certificate for another name is refused") {
    const std::string other = home.path("other.pem");
    Sim elsewhere{{"--listen", "127.0.0.2:0", "--tls", "--tls-cert-out", other}};
    Variables account = Daemon::account(elsewhere);
    account["SSL_CERT_FILE"] = other;
    Daemon ephd{home, account};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK(error.at("message") ==
          "the certificate of 127.0.0.2:" + std::to_string(elsewhere.port()) + " is not trusted: IP address mismatch");
}

TEST_CASE("a provider that speaks no TLS where TLS is wanted is told") {
    Sim sim;
    TempHome home;
    Variables account = Daemon::account(sim);
    account["EPH_OPENAI_BASE_URL"] = "https://127.0.0.1:" + std::to_string(sim.port()) + "/v1";
    Daemon ephd{home, account};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK_THAT(error.at("message").get<std::string>(),
               Catch::Matchers::StartsWith("no TLS with 127.0.0.1:" + std::to_string(sim.port()) + ": "));
}

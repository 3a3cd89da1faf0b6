// The local API as eph uses it: one request at a time, or a lease that stays open. Starts ephd where nobody listens.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "common/async/task.hpp"
#include "common/error.hpp"
#include "common/time.hpp"
#include "common/wire.hpp"

namespace eph {

Error not_understood(const std::string& why);  // what ephd has answered

// A document of ephd's; throws Error{internal} where it is none that this eph knows.
template <class T>
T understood(std::string_view text) {
    try {
        return wire::decode<T>(text);
    } catch (const Error& error) {
        throw not_understood(error.message());
    }
}

struct ApiAnswer {
    int status = 0;
    std::string body;

    template <class T>
    T as() const {
        return understood<T>(body);
    }
};

// A lease's connection: its lines, until either side closes it.
class LeaseStream {
public:
    LeaseStream();
    ~LeaseStream();
    LeaseStream(LeaseStream&&) noexcept;
    LeaseStream& operator=(LeaseStream&&) noexcept;

    // The next line of JSON; nothing at the end of the stream. Throws Error for what ended it otherwise.
    Task<std::optional<std::string>> next();

    struct Connection;

private:
    friend class ApiClient;
    std::unique_ptr<Connection> connection_;
};

constexpr Duration look_limit = std::chrono::seconds{20};  // for what ephd knows without asking anybody

enum class Start {
    if_needed,  // ephd, where nobody listens
    never,      // Error{daemon_unreachable} instead
};

class ApiClient {
public:
    // What stands in eph's own environment for that provider is taken along with every request: its credential, its
    // base URL, or the name of an account.
    explicit ApiClient(Start start = Start::if_needed) : ApiClient("openai", start) {}
    explicit ApiClient(std::string_view provider, Start start = Start::if_needed);

    // Throws the Error that ephd answered, Error{daemon_unreachable}, or Error{timeout}.
    Task<ApiAnswer> call(std::string method, std::string target, std::string body = {},
                         Duration limit = std::chrono::minutes{2});

    // Throws like call(). `limit` bounds the wait for the head of the answer.
    Task<LeaseStream> open_lease(std::string method, std::string target, std::string body, Duration limit);

private:
    std::string head(const std::string& method, const std::string& target, std::size_t body_size) const;

    Start start_;
    std::string headers_;       // lines that say which account, without its key
    std::string key_variable_;  // of the environment, where the key is read for each request; "": none goes along
};

// For commands that are one or a few requests: runs `work` to its end.
int run_task(Task<int> work);

}  // namespace eph

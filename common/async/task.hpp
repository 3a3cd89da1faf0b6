// What every coroutine is: a Task, completed by throwing or by returning an error as a value.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace eph {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

using asio::use_awaitable;
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);  // {error_code, ...}

// Where an error is turned into a sentence, cancellation is not: it stays what it is, up to whoever cancelled.
inline void throw_if_cancelled(const boost::system::error_code& failure) {
    if (failure == asio::error::operation_aborted) throw boost::system::system_error{failure};
}

}  // namespace eph

// What every coroutine is: a Task, completed by throwing or by returning an error as a value.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace eph {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

using asio::use_awaitable;
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);  // {error_code, ...}

}  // namespace eph

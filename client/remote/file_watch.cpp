// inotify(7) on the file's directory.
#include "client/remote/file_watch.hpp"

#include <array>
#include <filesystem>

#if defined(__linux__)
#include <sys/inotify.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#endif

namespace eph {

#if defined(__linux__)

Task<bool> appears(std::string path) {
    const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0) co_return false;
    asio::posix::stream_descriptor events{co_await asio::this_coro::executor, watch};
    const std::string directory = std::filesystem::path{path}.parent_path().string();
    if (inotify_add_watch(watch, directory.c_str(), IN_CREATE | IN_MOVED_TO) < 0) co_return false;
    alignas(inotify_event) std::array<char, 4096> piece{};  // which files they are about is not looked at
    std::error_code ignored;
    while (!std::filesystem::exists(path, ignored)) {
        const auto [failure, size] = co_await events.async_read_some(asio::buffer(piece), as_result);
        if (failure) co_return false;
    }
    co_return true;
}

#else

Task<bool> appears(std::string) { co_return false; }

#endif

}  // namespace eph

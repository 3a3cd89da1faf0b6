// A program that eph runs: its pipes, its end, and that it does not outlive eph.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/async/task.hpp"

namespace eph {

using Pipe = boost::asio::posix::stream_descriptor;

enum class Streams {
    piped,      // stdin, stdout and stderr are pipes to eph
    answering,  // stdout alone is
    inherited,  // the child has eph's own
};

// What a child of eph's has in its environment: eph's own, without the variables that are withheld.
std::vector<std::string> environment_of_child(const std::vector<std::string>& withheld);

class Child {
public:
    // Throws Error{remote_failed} when the program is not there.
    // The child gets SIGTERM when eph dies (PR_SET_PDEATHSIG where there is one).
    Child(boost::asio::any_io_executor executor, const std::vector<std::string>& command, Streams streams,
          const std::vector<std::string>& withheld = {});
    ~Child();  // kills it if it still runs
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    Pipe& input() { return input_; }
    Pipe& output() { return output_; }
    Pipe& errors() { return errors_; }

    // The exit status once it has ended, 128 + n when signal n ended it. Does not wait.
    std::optional<int> ended();
    int wait();  // until it has ended, however long that takes
    void signal(int number);

private:
    pid_t pid_ = -1;
    std::optional<int> status_;
    Pipe input_;
    Pipe output_;
    Pipe errors_;
};

// The next line without its end, `buffer` holding what came after it. Nothing at the end of input, or for a line of
// more than 64 KiB, from a program that never ends its line.
Task<std::optional<std::string>> read_line(Pipe& pipe, std::string& buffer);

}  // namespace eph

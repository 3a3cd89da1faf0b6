// In a child, since nobody can become root again. What it says comes back by a pipe.
#include "tests/integration/support/other_user.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>

namespace eph::test {

std::string as_user(uid_t user, const std::function<void(std::ostream&)>& what) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child == 0) {
        std::ostringstream out;
        const bool became = user == 0 || (setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 &&
                                          setresuid(user, user, user) == 0);
        try {
            if (!became) throw std::runtime_error(std::string{"cannot become the user: "} + std::strerror(errno));
            what(out);
        } catch (const std::exception& error) {
            out << "failed: " << error.what() << "\n";
        }
        const std::string text = out.str();
        (void)!write(ends[1], text.data(), text.size());
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (text.find("failed: ") != text.npos) throw std::runtime_error(text);
    return text;
}

}  // namespace eph::test

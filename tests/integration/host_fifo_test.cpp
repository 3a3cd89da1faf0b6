// How a key comes to its host: by pipes and a FIFO, never by a file. Watched by strace, from sshd down.
#include <iostream>
#include <sstream>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

const std::vector<std::string> traced{"strace",
                                      "-f",
                                      "-ttt",
                                      "-y",
                                      "-s",
                                      "300",
                                      "-e",
                                      "trace=write,writev,pwrite64,sendfile,splice,copy_file_range,mknod,mknodat,open,"
                                      "openat,creat,unlink,unlinkat,rename,renameat,renameat2,link,linkat"};

struct Trace : TempDirectory {
    std::vector<std::string> words() const {
        std::vector<std::string> all = traced;
        all.insert(all.end(), {"-o", path() / "trace"});
        return all;
    }
};

struct TracedWorld : Trace, World {
    TracedWorld() : World({}, "", words()) {}
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::istringstream text{read_file(path() / "trace")};
        for (std::string line; std::getline(text, line);) all.push_back(line);
        return all;
    }
};

// strace -f begins a line with the process, and -ttt goes on with the time.
double moment_of(const std::string& line) { return std::stod(line.substr(line.find(' '))); }

}  // namespace

TEST_CASE("the key is written on its host to pipes and one FIFO alone, which is there for under a second") {
    if (!available("strace")) return;
    TracedWorld world;
    world.host.agent("echo \"dir=$PI_CODING_AGENT_DIR\"\n");
    const Finished done = world.eph({"testhost", "x"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    const std::string key = world.sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    const std::string fifo = World::directory(done.out).string() + "/secret";
    double made = 0, written = 0, gone = 0;
    int writes = 0;
    for (const std::string& line : world.lines()) {
        INFO(line);
        const bool of_fifo = line.find(fifo + "\"") != line.npos;
        if (of_fifo && line.find(" mknod") != line.npos) {
            CHECK(line.find("S_IFIFO") != line.npos);
            made = moment_of(line);
        }
        if (of_fifo && line.find(" unlink") != line.npos && gone == 0) gone = moment_of(line);
        if (of_fifo && made == 0) CHECK(line.find("O_CREAT") == line.npos);  // no file was in its place before
        if (line.find(key) == line.npos) continue;
        ++writes;
        const std::size_t from = line.find('<') + 1;
        const std::string target = line.substr(from, line.find('>') - from);
        if (target == fifo) written = moment_of(line);
        const bool no_file = target == fifo || target.starts_with("pipe:") || target.starts_with("socket:") ||
                             target.starts_with("UNIX");
        CHECK(no_file);
    }
    CHECK(writes >= 2);  // sshd's to the keeper, the keeper's to the FIFO
    REQUIRE(made > 0);
    REQUIRE(written > made);
    REQUIRE(gone > written);
    CHECK(gone - written < 1);
    std::cout << "the key was in the FIFO for " << static_cast<int>((gone - written) * 1000 + 0.5)
              << " ms (under strace)\n";
}

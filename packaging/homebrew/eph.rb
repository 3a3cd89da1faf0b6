# Homebrew formula. UNTESTED on a Mac. For a release: url, sha256 and version of its tarball; until then brew install --HEAD.
class Eph < Formula
  desc "AI agents on remote hosts, with API keys that die with the session"
  homepage "https://github.com/rdyson/eph"
  license "MIT"
  head "https://github.com/rdyson/eph.git", branch: "main"

  depends_on "boost" => :build
  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "nlohmann-json" => :build
  depends_on "fmt"
  depends_on "openssl@3"
  depends_on "spdlog"
  depends_on "sqlite"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DEPH_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build", "--target", "eph", "ephd", "manual"
    system "cmake", "--install", "build"
  end

  service do
    run opt_bin/"ephd"
    keep_alive crashed: true
    log_path var/"log/ephd.log"
    error_log_path var/"log/ephd.log"
  end

  test do
    assert_match "eph ", shell_output("#{bin}/eph --version")
    assert_match "ephd ", shell_output("#{bin}/ephd --version")
    # Without an ephd and leave to start one, eph says so and what to do.
    ENV["EPH_NO_AUTOSTART"] = "1"
    ENV["EPH_SOCKET"] = (testpath/"ephd.sock").to_s
    assert_match "Start it with ephd", shell_output("#{bin}/eph status 2>&1", 125)
  end
end

# shellcheck shell=bash disable=SC2034
# For the other scripts, sourced: where the checkout is, what has to be installed, and how. Works with macOS's bash 3.2.
# The macOS side is written from Homebrew's documentation and has never run on a Mac.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
: "${CMAKE_BUILD_PARALLEL_LEVEL:=$(getconf _NPROCESSORS_ONLN)}" # ninja's own choice takes too much memory
export CMAKE_BUILD_PARALLEL_LEVEL
install_log=$root/build/install.log

if [ "$(uname)" = Darwin ]; then
    system=macos
    build_packages='cmake ninja ccache pkgconf boost openssl@3 nlohmann-json sqlite spdlog fmt cli11 brotli zstd'
    sanitizer_packages='' # the presets name Debian's clang-19
    test_packages='catch2 valijson yaml-cpp fish wget'
    bench_packages='nginx haproxy wrk jq'
    demo_packages='jq'
    node_packages='node'
    for keg in openssl@3 sqlite; do # not linked into Homebrew's prefix
        CMAKE_PREFIX_PATH=$(brew --prefix 2>/dev/null)/opt/$keg${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
    done
    export CMAKE_PREFIX_PATH
else
    system=other
    if command -v apt-get >/dev/null; then system=debian; fi
    boost=libboost-dev
    if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then boost=libboost1.81-dev; fi # its libboost-dev is 1.74
    build_packages="g++ cmake ninja-build ccache pkg-config $boost libssl-dev nlohmann-json3-dev libsqlite3-dev libspdlog-dev
        libfmt-dev libcli11-dev zlib1g-dev libbrotli-dev libzstd-dev"
    sanitizer_packages='clang-19 libclang-rt-19-dev'
    test_packages='catch2 libvalijson-dev libyaml-cpp-dev openssh-server openssh-client busybox dash zsh fish tcsh procps
        bash-completion groff mandoc man-db
        systemd-container dbus dbus-user-session libpam-systemd iproute2 libxml2-utils
        gnome-keyring libsecret-tools pass gnupg curl wget jq strace faketime systemd dpkg-dev file lintian gdb valgrind'
    package_packages='dpkg-dev file lintian'
    bench_packages='nginx haproxy wrk openssl' # beside those of the tests
    demo_packages='openssh-server openssh-client curl jq'
    node_packages='nodejs npm ca-certificates'
fi

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

is_installed() { # PACKAGE
    case $system in
        macos) brew list --versions "$1" >/dev/null ;;
        *) dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed ;;
    esac
}

# Asks no package manager anything, and nobody for a password, when all of them are there.
install_missing() { # PACKAGES...
    local package missing=
    if [ "$system" = other ]; then
        say "this is neither Debian nor macOS: what is needed has to be there already (by Debian's names: $*)"
        return
    fi
    for package in "$@"; do is_installed "$package" || missing="$missing $package"; done
    [ -n "$missing" ] || return 0
    say "installing$missing"
    mkdir -p "${install_log%/*}"
    # shellcheck disable=SC2086
    if install_with_$system $missing >"$install_log" 2>&1; then return; fi
    tail -n 20 "$install_log" >&2
    die "these packages could not be installed:$missing"
}

install_with_macos() { brew install "$@"; }

install_with_debian() {
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "Installing packages needs root: become root, or install sudo."
        return 1
    fi
    # Debian starts a new server at once and at every boot. Only its program is wanted here, not an open port.
    local package masked='' status=0
    for package in "$@"; do
        case $package in
            openssh-server) masked="$masked ssh.service ssh.socket" ;;
            nginx | haproxy) masked="$masked $package.service" ;;
        esac
    done
    [ -d /run/systemd/system ] || masked=''
    # shellcheck disable=SC2086
    [ -z "$masked" ] || as_root systemctl mask $masked
    # A stale list names files that are gone; a fresh machine has no list at all.
    apt install "$@" || { apt update && apt install "$@"; } || status=1
    # shellcheck disable=SC2086
    [ -z "$masked" ] || { as_root systemctl unmask $masked && as_root systemctl disable $masked; }
    return "$status"
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --no-remove "$@" </dev/null; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# A real Pi in build/pi; fails where there is no Node to be had.
install_pi() {
    if ! { command -v node && command -v npm; } >/dev/null; then
        # shellcheck disable=SC2086
        (install_missing $node_packages) || return
    fi
    tests/support/install-pi
}

# The other real agents in build/agents/bin; fails where there is no npm to be had.
install_agents() {
    if ! { command -v node && command -v npm; } >/dev/null; then
        # shellcheck disable=SC2086
        (install_missing $node_packages) || return
    fi
    tests/support/install-agents
}

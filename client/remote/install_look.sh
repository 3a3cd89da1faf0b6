# What eph install-pi finds out on the host, and says, before it changes anything. Sent between keeper.sh and install_pi.sh.
# shellcheck shell=sh disable=SC2034,SC2154,SC2015,SC2317

hint() { say hint "$(printf %s "$*" | tr '[:cntrl:]' ' ')"; }

at_least() { # VERSION LEAST: by up to three numbers; what stands behind a - or a + does not count
    a=${1#v} b=${2#v}
    a=${a%%[-+]*}. b=${b%%[-+]*}.
    for _ in major minor patch; do
        x=${a%%.*} y=${b%%.*}
        a=${a#*.} b=${b#*.}
        case $x in *[!0-9]*) return 1 ;; esac
        [ "${x:-0}" -gt "${y:-0}" ] && return 0
        [ "${x:-0}" -lt "${y:-0}" ] && return 1
    done
    return 0
}

bounded() { # SECONDS COMMAND...: its words go to $d/said; 124 when its time was up
    limit=$1
    shift
    rm -f "$d/late"
    "$@" </dev/null >"$d/said" 2>&1 &
    running=$!
    (
        pause=''
        trap '[ -z "$pause" ] || kill "$pause"; exit' TERM
        sleep "$limit" &
        pause=$!
        wait "$pause"
        : >"$d/late"
        kill "$running"
    ) </dev/null >/dev/null 2>&1 &
    timer=$!
    wait "$running" 2>/dev/null
    ended=$?
    { kill "$timer" && wait "$timer"; } 2>/dev/null
    if [ -e "$d/late" ]; then
        echo "it was not done after $limit s" >>"$d/said"
        return 124
    fi
    return "$ended"
}

last_words() { # of what ran last, without npm's decoration
    grep -v -e 'complete log of this run' -e '^ *$' "$d/said" | sed 's/^npm \(error\|ERR!\) *//' | tail -n 6 | tr '\n' ' '
}

version_of() { # COMMAND...: leaves what it prints with --version in $version, if that is one
    version=''
    bounded 30 "$@" --version || return 1
    version=$(sed -n 's/^v\{0,1\}\([0-9][0-9A-Za-z.+-]*\)$/\1/p' "$d/said" | head -n 1)
    [ -n "$version" ]
}

pi_version() { # FILE: as a session would run it, but for its directories
    version_of env "PATH=${1%/*}:$PATH" "PI_CODING_AGENT_DIR=$d/pi" PI_OFFLINE=1 PI_SKIP_VERSION_CHECK=1 \
        PI_TELEMETRY=0 NODE_DISABLE_COMPILE_CACHE=1 "TMPDIR=$d" "$1"
}

fact() { facts="${facts:+$facts; }$1"; }

look_for_pi() { # leaves in $session_pi what a session finds, and in $there and $there_version what is there as wanted
    login_path=$PATH there='' there_version='' session_pi='' session_version=''
    find_agent
    session_pi=$agent
    if [ -z "$session_pi" ]; then
        fact 'no Pi'
    elif pi_version "$session_pi"; then
        session_version=$version
        fact "Pi $version ($session_pi)"
    else
        fact "a Pi that does not run ($session_pi: $(last_words))"
    fi
    PATH=$login_path
    if [ -n "$session_version" ] && { [ -z "$wanted" ] || [ "$wanted" = "$session_version" ]; }; then
        there=$session_pi there_version=$session_version
    elif [ -n "$wanted" ] && [ -x "$share/$wanted/bin/$name" ] && pi_version "$share/$wanted/bin/$name"; then
        [ "$version" != "$wanted" ] || there=$share/$wanted/bin/$name there_version=$wanted
    fi
}

look_for_node() { # what has to be fetched, in $need_node and $need_npm
    need_node=yes need_npm=yes npm='' global_config=''
    node=$(on_path node)
    if [ -n "$node" ] && version_of "$node"; then
        if at_least "$version" "$least_node"; then need_node=''; fi
        fact "Node $version ($node)${need_node:+, too old for Pi, which needs $least_node}"
    else
        fact 'no Node'
    fi
    npm=$(on_path npm)
    # Whatever npm does, it leaves a log of it.
    set -- env "npm_config_cache=$d/npm" "npm_config_logs_dir=$d/npm" "$npm"
    if [ -n "$npm" ] && version_of "$@"; then
        fact "npm $version"
        need_npm=$need_node # an old npm may not run on a new Node
        # With a --prefix of ours npm would no longer find its configuration for all users: proxies, authorities.
        bounded 30 "$@" config get globalconfig && global_config=$(grep '^/' "$d/said" | tail -n 1)
        [ -f "$global_config" ] || global_config=''
    else
        npm=''
    fi
}

# The Node that npm has needs the C library that it was built for.
check_machine() {
    advice="Install Node $least_node or later there by other means, then run this again."
    [ -n "$need_node" ] || return 0
    npm_node "$machine" || { hint "$advice"; fail "npm has no Node for $machine"; }
    [ -z "$loader" ] || [ -e "$loader" ] || {
        hint "$advice"
        fail "the Node that npm has needs glibc, which is not on that host ($loader is missing; musl?)"
    }
}

look_for_space() { # in the nearest directory that is there, which is left in $place; KB in $free
    place=$share
    while [ ! -e "$place" ] && [ ! -L "$place" ]; do place=${place%/*}; done
    free=$(df -Pk "$place" 2>/dev/null | sed -n '$s/.* \([0-9][0-9]*\)  *[0-9]*%.*/\1/p')
    [ -z "$free" ] || fact "$((free / 1024)) MB free"
}

check_space() {
    [ -d "$place" ] && [ -w "$place" ] && [ -x "$place" ] || fail "cannot write to $place"
    needed=300
    [ -z "$need_node" ] || needed=600
    [ "${free:-$((needed * 1024))}" -ge "$((needed * 1024))" ] ||
        fail "$((free / 1024)) MB are free in $place, and about $needed MB are needed"
}

check_tools() { # how node and npm themselves come, when they have to: in $by
    by=npm
    [ -z "$npm" ] || return 0
    if on_path curl >/dev/null; then by=curl; elif on_path wget >/dev/null; then by=wget; else by=''; fi
    [ -n "$by" ] || { hint 'Install curl or npm there.'; fail 'the host has neither npm nor curl nor wget'; }
    for tool in tar gzip; do on_path "$tool" >/dev/null || fail "the host has no $tool to unpack Node with"; done
    : >"$d/empty"
    [ -n "$(sha512 "$d/empty")" ] || fail 'the host has no sha512sum, shasum or openssl to check downloads with'
    registry=${npm_config_registry:-${NPM_CONFIG_REGISTRY:-}}
    [ -n "$registry" ] || registry=$(sed -n 's/^ *registry *= *//p' "$HOME/.npmrc" 2>/dev/null | tail -n 1)
    registry=${registry:-https://registry.npmjs.org}
    registry=${registry%/}
    case $registry in
        *@*) hint 'Install npm there; it knows how to log in.'; fail 'the registry of the host needs a login' ;;
        http://* | https://*) ;;
        *) fail "the registry of the host is no URL: $registry" ;;
    esac
}

say_the_plan() {
    got=''
    [ -z "$need_node" ] || got="Node $node_version"
    [ -z "$need_npm" ] || got="${got:+$got and }npm $npm_version to install with"
    [ -z "$got" ] || say plan "gets $got, by $by${registry:+ from $registry}"
    say plan "installs Pi ${wanted:-in its newest version} (npm's $package) into $share/${wanted:-<version>}"
    say plan 'touches nothing else there, and needs no root'
}

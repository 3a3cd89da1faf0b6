# Runs the agent in the session that the keeper has prepared: takes the secret, removes its FIFO, becomes the agent.
# eph writes before this text the variables id, base, secret_name and task, and two functions: `settings` exports the
# agent's environment, and `arguments` runs what it is given followed by the agent's arguments. Both may use the variable
# port: the broker's on this host, "" without a broker.
# shellcheck shell=sh disable=SC2034,SC2154,SC2015,SC2317

fail() {
    printf 'eph: %s\n' "$*" >&2
    exit 125
}

become() { # AGENT ARGUMENTS...: the exit status is the agent's; 126 and 127 as sh has them
    unset id base d secret secret_name task keeper agent port
    exec "$@"
}

direct() { # VALUE of no_proxy: with this host in it; a lone * has everything in it, and means nothing in a list
    case $1 in '*') printf %s "$1" ;; *) printf %s "${1:+$1,}127.0.0.1,localhost,::1" ;; esac
}

reach_this_host() { # the broker's port is on this host's own loopback, which is nothing for its proxies
    set -- "${no_proxy-${NO_PROXY-}}" "${NO_PROXY-${no_proxy-}}"
    export "no_proxy=$(direct "$1")" "NO_PROXY=$(direct "$2")"
}

run() {
    d=$base/eph-$id
    [ -p "$d/secret" ] || fail "the session in $d is over, or its agent has been started already"
    echo "$$" >"$d/agent" || fail "cannot write $d/agent"
    # Opened both ways, so that this never blocks; once it is open, a key that the keeper has written stays readable.
    exec 3<>"$d/secret"
    read -r keeper _ <"$d/keeper" && kill -0 "$keeper" 2>/dev/null || fail "the session's keeper is gone"
    { IFS= read -r port && IFS= read -r secret; } <&3 || fail "the session ended before its key came"
    exec 3>&-
    set --
    case $task in
        stdin) exec <"$d/task" && set -- "$d/task" ;;
        file) export "EPH_TASK_FILE=$d/task" ;;
    esac
    rm -f "$d/secret" "$d/login" "$@"
    { IFS= read -r agent && IFS= read -r PATH; } <"$d/found" || fail "cannot read $d/found"
    export PATH "EPH_SESSION=$id" "$secret_name=$secret"
    settings
    arguments become "$agent"
}
{ run "$@"; }

# The keeper: prepares a session's directory on the host, finds the agent, takes the secret, and stands sentinel until
# its stdin ends; then nothing of the session is left. POSIX sh: dash, bash, BusyBox ash, zsh. eph writes before this
# text the variables id, base, name, explicit, bundle, places, login_limit (seconds), directories and through_broker,
# and two functions that call `put`: `files`, and `files_with_port`, which uses the variable port; both may use here.
# Everything is in functions, and eph ends the text with `{ keep; }`: a text cut on the way does nothing.
# shellcheck shell=sh disable=SC2154,SC2015,SC2317

say() { printf 'eph %s %s\n' "$id" "$*"; }

fail() {
    trap '' TERM
    say error "$(printf %s "$*" | tr '[:cntrl:]' ' ')"
    [ -z "$asked" ] || { kill "$timer" && end_processes "EPH_LOGIN=$id"; } 2>/dev/null
    [ -z "$own" ] || rm -rf "$d"
    exit 1
}

put() { # PATH CONTENT: one file of the session, below its directory
    case $1 in */*) [ -d "$d/${1%/*}" ] || mkdir -p "$d/${1%/*}" ;; esac
    printf %s "$2" >"$d/$1" || fail "cannot write $d/$1: is the disk full?"
}

nap() { # counts in n, of 100 for two seconds; a sleep without fractions counts for more
    if sleep 0.02 2>/dev/null; then n=$((n + 1)); else sleep 1; n=$((n + 50)); fi
}

stat_of() { # PID: leaves in $stat what /proc says from the process's state on (the name before it may hold blanks)
    stat=
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null
    stat=${stat##*) }
}

identity() { # PID: the process, told apart from a later one with the same number, also across a reboot
    stat_of "$1"
    boot=
    { IFS= read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
    # shellcheck disable=SC2086
    set -- "$1" $stat
    printf '%s %s %s\n' "$1" "${21}" "$boot"
}

marked() { # MARK: every process that has it in its environment (where there is /proc)
    [ -d /proc/self ] || return 0
    grep -ls -- "$1" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do
        [ "$pid" = "$$" ] || printf '%s ' "$pid"
    done
}

any_alive() { # PIDS, in one word; a zombie is not alive
    for pid in $1; do
        kill -0 "$pid" 2>/dev/null || continue
        stat_of "$pid"
        case $stat in Z*) ;; *) return 0 ;; esac
    done
    return 1
}

end_processes() { # MARK [LEADER]: TERM, two seconds, KILL, for LEADER, its group, and everything marked
    for signal in TERM KILL; do
        targets="$2 $(marked "$1")"
        # Who is in the middle of execve(2) has no environment for a moment: hence a second look.
        any_alive "$targets" || targets=$(marked "$1")
        any_alive "$targets" || break
        [ -z "$2" ] || kill -"$signal" -- "-$2" 2>/dev/null
        # shellcheck disable=SC2086
        kill -"$signal" $targets 2>/dev/null
        n=0
        while [ "$n" -lt 100 ] && any_alive "$targets"; do nap; done
    done
    [ -z "$2" ] || kill -KILL -- "-$2" 2>/dev/null
}

end_session() { # ID: ends its agent, and whatever the agent has started, in a session of its own or not
    leader=
    { read -r leader <"$base/eph-$1/agent"; } 2>/dev/null
    case $leader in *[!0-9]*) leader= ;; esac
    # The number may be somebody else's by now.
    if [ -n "$leader" ] && [ -d /proc/self ]; then
        { [ -d "/proc/$leader" ] && grep -qs -- "$1" "/proc/$leader/environ" "/proc/$leader/cmdline"; } || leader=
    fi
    end_processes "EPH_SESSION=$1" "$leader"
}

finish() { # STATUS
    trap '' TERM HUP INT QUIT PIPE
    # Not TERM: a child that dash has just forked may lose one, and the wait would not end.
    [ -z "$reader" ] || { kill -KILL "$reader" && wait "$reader"; } 2>/dev/null
    [ ! -p "$d/secret" ] || rm -f "$d/secret" # first: an agent that has not read it by now never will
    end_session "$id"
    rm -rf "$d" 2>/dev/null || { sleep 1; rm -rf "$d"; }
    exit "$1"
}

# Session directories of ours whose keeper is dead. The name must match exactly: eph-<uid> is ephd's.
sweep() {
    for left in "$base"/eph-*; do
        mark=${left#"$base/eph-"}
        case $mark in *[!a-z0-9]*) continue ;; ????????????????????) ;; *) continue ;; esac
        [ "$left" != "$d" ] && [ -d "$left" ] && [ ! -L "$left" ] && [ -O "$left" ] || continue
        record=
        { IFS= read -r record <"$left/keeper"; } 2>/dev/null
        if [ -n "$record" ]; then
            pid=${record%% *}
            if kill -0 "$pid" 2>/dev/null && [ "$(identity "$pid")" = "$record" ]; then continue; fi
        else # perhaps just being made
            [ -n "$(find "$left" -prune -mmin +1 2>/dev/null)" ] || continue
        fi
        end_session "$mark"
        rm -rf "$left"
    done
}

# The PATH that the person has after logging in, in bounded time, whatever else the profile prints or starts: asked for
# early, since it takes the longest, and waited for when all else is done.
ask_login_path() {
    shell=${SHELL:-/bin/sh}
    case ${shell##*/} in csh | tcsh) login='' ;; *) login=-l ;; esac # csh takes -l alone only
    # shellcheck disable=SC2086
    EPH_LOGIN=$id "$shell" $login -c \
        "exec sh -c 'echo \"eph-$id-path=\$PATH\"'" </dev/null >"$d/login" 2>/dev/null 3>&- 4<&- &
    asked=$!
    (
        pause=''
        trap '[ -z "$pause" ] || kill "$pause"; exit' TERM
        sleep "$login_limit" &
        pause=$!
        wait "$pause"
        kill -KILL "$asked"
    ) </dev/null >/dev/null 2>&1 3>&- 4<&- &
    timer=$!
}

adopt_login_path() {
    wait "$asked" 2>/dev/null || end_processes "EPH_LOGIN=$id"
    kill "$timer" 2>/dev/null
    asked=''
    found=$(sed -n "s/^.*eph-$id-path=//p" "$d/login")
    found=${found##*"
"} # the last line
    [ -z "$found" ] || PATH=$found
}

find_here() { # leaves in $here where the agent starts
    here=$(pwd -P)
    case $here in *[\"\\[:cntrl:]]*) here= ;; esac # it is put into strings of JSON
}

usable() { # FILE: true for an executable; one that is there but not executable is remembered
    [ -f "$1" ] || return 1
    if [ -x "$1" ]; then agent=$1; return 0; fi
    [ -n "$refused" ] || refused=$1
    return 1
}

on_path() { # NAME: set -f and IFS are this subshell's own
    (
        set -f
        IFS=:
        for place in $PATH; do
            if [ -f "${place:-.}/$1" ] && [ -x "${place:-.}/$1" ]; then printf %s "${place:-.}/$1"; exit 0; fi
        done
        for place in $PATH; do
            if [ -f "${place:-.}/$1" ]; then printf %s "${place:-.}/$1"; exit 0; fi
        done
        exit 1
    )
}

bundled() { # directories of bundled versions, the newest first
    for place in "$HOME/$bundle"/*/bin; do
        [ -f "$place/$name" ] || continue
        version=${place#"$HOME/$bundle/"}
        version=${version#"${version%%[0-9]*}"}
        printf '%s\t%s\n' "${version%/bin}" "$place"
    done | sort -t. -k1,1nr -k2,2nr -k3,3nr | cut -f 2
}

lead_with_its_node() { [ ! -x "${agent%/*}/node" ] || PATH=${agent%/*}:$PATH; }

find_agent() { # leaves its path in $agent, or the first that was not executable in $refused
    agent='' refused=''
    case $explicit in
        '') ;;
        \~/*) usable "$HOME/${explicit#'~/'}" && lead_with_its_node; return ;;
        */*) usable "$explicit" && lead_with_its_node; return ;;
        *) usable "$(on_path "$explicit")"; return ;;
    esac
    usable "$(on_path "$name")" && return
    usable "$HOME/.local/bin/$name" && return
    for place in $places; do usable "$HOME/$place/$name" && return; done
    while IFS= read -r place; do
        usable "$place/$name" || continue
        PATH=$place:$PATH # the Node that came with it
        return
    done <<EOF
$(bundled)
EOF
}

listen() { # what eph says after the secret: `status TEXT` is for the agent to read, in a file that is always whole
    while IFS= read -r line; do
        case $line in
            'status '*) printf '%s\n' "${line#status }" >"$d/status.new" && mv -f "$d/status.new" "$d/status" ;;
        esac
    done
}

take_port() { # the broker's on this host: `port NUMBER`; false when eph has gone instead
    port=
    [ -n "$through_broker" ] || return 0
    IFS= read -r port || return 1
    port=${port#port }
    case $port in '' | *[!0-9]*) fail "eph named no port of the broker" ;; esac
    files_with_port
}

keep() {
    LC_ALL=C
    umask 077
    d=$base/eph-$id own='' asked='' reader=''
    [ "$(command -v printf)" = printf ] || fail "the host's sh has no built-in printf, so the key would be seen in ps"
    trap : HUP INT QUIT PIPE # caught, not ignored: children get the default
    trap 'finish 143' TERM
    # A mkdir that a signal has ended says nothing, and may have made it.
    why=$(mkdir "$d" 2>&1) || {
        [ -n "$why" ] || rmdir "$d" 2>/dev/null
        fail "cannot make the session's directory: ${why:-mkdir was killed}"
    }
    own=yes
    identity "$$" >"$d/keeper" || fail "cannot write below $d: is the disk full?"
    [ "$login_limit" = 0 ] || ask_login_path
    why=$(mkfifo "$d/secret" 2>&1) || fail "cannot make a FIFO for the key: $why"
    exec 3<>"$d/secret" 4<&0 # held open both ways: writing never blocks, and what is written never is on a disk
    set --
    for directory in $directories; do set -- "$@" "$d/$directory"; done
    [ $# = 0 ] || mkdir -p "$@"
    files
    [ -z "$asked" ] || adopt_login_path
    find_agent
    case $agent$refused in *[[:cntrl:]]*) fail "the agent's path holds control characters" ;; esac
    if [ -z "$agent" ]; then
        if [ -n "$refused" ]; then say not-executable "$refused"; else say missing; fi
        finish 0
    fi
    printf '%s\n' "$agent" "$PATH" >"$d/found" || fail "cannot write below $d: is the disk full?"
    say ready "$agent"
    take_port || finish 0
    IFS= read -r secret || finish 0
    printf '%s\n' "$port" "$secret" >&3
    unset secret
    say armed
    sweep </dev/null >/dev/null 2>&1 3>&- 4<&- &
    # A child reads to the end, so that TERM reaches this shell at once.
    listen <&4 >/dev/null 2>&1 3>&- 4<&- &
    reader=$!
    while kill -0 "$reader" 2>/dev/null; do wait "$reader"; done
    finish 0
}

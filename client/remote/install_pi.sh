# Installs Pi for the user who runs it, with a Node that suits it: looks, says what it will do, does it in a directory
# beside the final one, tries it there, renames it. Sent behind keeper.sh and install_look.sh, whose functions it uses. eph
# writes before them id, base, name, bundle, explicit (empty), login_limit (seconds), package, least_node, npm_version,
# npm_sha512, wanted (a version, or nothing for the newest), dry_run, and a function `npm_node` that says what npm has for
# a machine.
# shellcheck shell=sh disable=SC2034,SC2154,SC2015,SC2317

sha512() { # FILE
    { sha512sum "$1" || shasum -a 512 "$1" || openssl dgst -sha512 -r "$1"; } 2>/dev/null | sed 's/[^0-9a-f].*//'
}

fetch_package() { # NAME VERSION SHA512: unpacks npm's package of that name to where npm would install it
    url=$registry/$1/-/$1-$2.tgz file=$new/tmp/package.tgz
    case $by in
        curl) bounded 400 curl -fsSL --connect-timeout 20 --speed-limit 1024 --speed-time 30 -o "$file" "$url" ;;
        wget) bounded 400 wget -T 30 -O "$file" "$url" ;;
    esac || { network_hint; fail "cannot get $url: $(last_words)"; }
    got=$(sha512 "$file")
    [ "$got" = "$3" ] || fail "$url is not what eph knows as $1 $2: its SHA-512 is $got"
    bounded 120 tar xzf "$file" -C "$new/tmp" || fail "cannot unpack $url: $(last_words)"
    mkdir -p "$new/lib/node_modules" "$new/bin" && mv "$new/tmp/package" "$new/lib/node_modules/$1" ||
        fail "cannot write below $new"
    rm -f "$file"
}

network_hint() {
    hint 'The host must reach the registry; npm_config_registry or ~/.npmrc name another one, HTTPS_PROXY a proxy.'
}

run_npm() { # ARGUMENTS...: all that it writes is in the new directory
    bounded 600 env NODE_DISABLE_COMPILE_CACHE=1 "TMPDIR=$new/tmp" "$@" --global --prefix "$new" --cache "$new/cache" \
        --logs-dir "$new/cache/logs" ${global_config:+--globalconfig "$global_config"} --no-audit --no-fund \
        --no-update-notifier --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1
}

explain_npm() {
    case $(cat "$d/said") in
        *ENOTFOUND* | *EAI_AGAIN* | *ECONN* | *TIMEDOUT* | *ENETUNREACH* | *"not done after"*) network_hint ;;
        *E404* | *ETARGET*) hint 'The registry has no such version, or lacks one of its parts; another one: --pi-version' ;;
        *CERT* | *certificate*)
            hint 'A network with a certificate authority of its own? npm takes it from cafile in ~/.npmrc, or from' \
                NODE_EXTRA_CA_CERTS
            ;;
        *ENOSPC*) hint 'The disk is full.' ;;
    esac
}

get_node() {
    [ -n "$need_node$need_npm" ] || return 0
    say step "getting ${need_node:+Node $node_version${need_npm:+ and }}${need_npm:+npm}"
    if [ "$by" = npm ]; then
        run_npm "$npm" install ${need_node:+"$node_package@$node_version"} "npm@$npm_version" ||
            { explain_npm; fail "npm could not install Node: $(last_words)"; }
    else
        fetch_package npm "$npm_version" "$npm_sha512"
        [ -z "$need_node" ] || fetch_package "$node_package" "$node_version" "$node_sha512"
    fi
    [ -z "$need_node" ] || {
        ln -sf "../lib/node_modules/$node_package/bin/node" "$new/bin/node" && node=$new/bin/node || fail 'ln failed'
        version_of "$node" || { hint "$advice"; fail "the Node that npm has does not run there: $(last_words)"; }
    }
}

get_pi() { # by that Node, so that npm takes it for the one that Pi will have
    say step "getting Pi ${wanted:-in its newest version}"
    PATH=${node%/*}:$PATH
    set -- "$npm"
    [ -z "$need_npm" ] || set -- "$node" "$new/lib/node_modules/npm/bin/npm-cli.js"
    run_npm "$@" install "$package@${wanted:-latest}" || {
        explain_npm
        fail "npm could not install $package@${wanted:-latest}: $(last_words)"
    }
    PATH=$login_path
    # What was there for the installation alone; the headers are a third of Node's size.
    rm -rf "$new/cache" "$new/tmp" "$new/lib/node_modules/npm" "$new/bin/npm" "$new/bin/npx"
    rm -rf "$new/lib/node_modules/$node_package/include"
}

publish() {
    say step 'trying it'
    pi_version "$new/bin/$name" || fail "the new Pi does not run: $(last_words)"
    [ -z "$wanted" ] || [ "$wanted" = "$version" ] || fail "the new Pi says that it is $version, not $wanted"
    final=$share/$version
    rm -f "$new/.owner"
    rm -rf "$final" && mv "$new" "$final" || fail "cannot make $final"
    pi_version "$final/bin/$name" || { rm -rf "$final"; fail "the new Pi does not run in $final: $(last_words)"; }
    size=$(du -sk "$final" | sed 's/[^0-9].*//')
    result="Pi $version is installed in $final ($((size / 1024)) MB); to remove it: rm -r $(quoted "$final")"
    find_agent
    [ "$agent" = "$final/bin/$name" ] || say note "sessions find $agent first; for the new one: --remote-pi $final/bin/$name"
    say result "$result"
}

quoted() { case $1 in *[!A-Za-z0-9_./-]*) printf "'%s'" "$1" ;; *) printf %s "$1" ;; esac; }

sweep_attempts() { # whose shell is dead; where that cannot be known, as after a reboot, when they are old
    for left in "$share"/.new-*; do
        [ -d "$left" ] && [ ! -L "$left" ] || continue
        record=''
        { IFS= read -r record <"$left/.owner"; } 2>/dev/null
        pid=${record%% *}
        if [ -n "$record" ] && [ "${record##* }" = "$boot" ]; then
            kill -0 "$pid" 2>/dev/null && [ "$(identity "$pid")" = "$record" ] && continue
        else
            [ -n "$(find "$left" -prune -mmin +20 2>/dev/null)" ] || continue
        fi
        rm -rf "$left"
    done
}

work() {
    [ "$login_limit" = 0 ] || { ask_login_path && adopt_login_path; }
    machine=$(uname -sm)
    facts=$machine registry='' node_package=''
    look_for_node
    look_for_pi
    look_for_space
    say found "$facts"
    if [ -n "$there" ]; then
        [ "$there" = "$session_pi" ] || say note "sessions find $session_pi first; for this one: --remote-pi $there"
        say result "Pi $there_version is there already: $there"
        exit 0
    fi
    check_machine
    check_space
    check_tools
    say_the_plan
    [ -z "$dry_run" ] || { say result 'nothing was changed (--dry-run)'; exit 0; }
    sweep </dev/null >/dev/null 2>&1
    why=$(mkdir -p "$new/tmp" 2>&1) || fail "cannot make a directory: $why"
    identity "$$" >"$new/.owner" || fail "cannot write below $new: is the disk full?"
    sweep_attempts
    get_node
    get_pi
    publish
}

leave() {
    trap '' TERM HUP INT PIPE
    end_processes "EPH_SESSION=$id" "$worker"
    [ ! -e "$new" ] || rm -rf "$new"
    place=$share
    while [ "$missing" -gt 0 ] && rmdir "$place" 2>/dev/null; do
        place=${place%/*} missing=$((missing - 1))
    done
    finish 0
}

install_pi() {
    LC_ALL=C
    umask 077
    d=$base/eph-$id own='' asked='' reader='' worker='' missing=0
    [ -d "${HOME:-}" ] || fail "the user has no home directory there: '${HOME:-}'"
    share=$HOME/$bundle new=$HOME/$bundle/.new-$id
    place=$share
    while [ ! -e "$place" ] && [ ! -L "$place" ]; do place=${place%/*} missing=$((missing + 1)); done
    trap : HUP INT PIPE # caught, not ignored: children get the default
    trap leave TERM
    why=$(mkdir "$d" 2>&1) || fail "cannot make a directory to work in: $why"
    own=yes
    identity "$$" >"$d/keeper" || fail "cannot write below $d: is the disk full?"
    exec 4<&0
    ( # as in a session, the end of stdin is the end of the connection
        while IFS= read -r _; do :; done <&4
        kill -TERM "$$"
    ) >/dev/null 2>&1 &
    reader=$!
    (
        EPH_SESSION=$id
        export EPH_SESSION
        work
    ) </dev/null 4<&- &
    worker=$!
    wait "$worker" 2>/dev/null
    leave
}

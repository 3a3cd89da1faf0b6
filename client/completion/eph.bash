# bash completion for eph. Asks eph itself what fits; works with and without the package bash-completion, from bash 3.2 on.
_eph() {
    local line=${COMP_LINE:0:COMP_POINT} part blanks word current prefix='' also='' before='' i=0 count=0
    local breaks=${COMP_WORDBREAKS//[^=:@]/}
    local words=()
    # bash breaks words at = and : and @; what stands together in the line is one word for eph.
    while [ "$i" -le "$COMP_CWORD" ]; do
        part=${COMP_WORDS[i]}
        blanks=${line%%[![:space:]]*}
        line=${line#"$blanks"}
        if [ "$i" -eq "$COMP_CWORD" ]; then part=$line; fi
        if [ -z "$blanks" ] && [ "$count" -gt 0 ]; then
            words[count - 1]=${words[count - 1]}$part
        else
            words[count]=$part
            count=$((count + 1))
        fi
        line=${line#"$part"}
        i=$((i + 1))
    done
    current=${words[count - 1]}
    # Of a word that bash has broken, it replaces only what is behind the last break, and an @ with it.
    if [ -n "$breaks" ]; then prefix=${current%"${current##*["$breaks"]}"}; fi
    prefix=${prefix%@}
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        case $word in
            :files*) also=files before=${word#:files} ;;
            :programs) also=programs before=$prefix ;;
            ?*) COMPREPLY[${#COMPREPLY[@]}]=${word#"$prefix"} ;;
        esac
    done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
    [ -n "$also" ] || return
    # By bash's own means, where it can be told to and looks at no more than the file's name.
    if [ "$also" = files ] && [ "$prefix" = "$before" ] && compopt -o default 2>/dev/null; then return; fi
    part=${current#"$before"}
    while IFS= read -r word; do
        word=$before$word
        COMPREPLY[${#COMPREPLY[@]}]=${word#"$prefix"}
    done < <(if [ "$also" = programs ]; then compgen -c -- "$part"; else compgen -f -- "$part"; fi)
    compopt -o filenames 2>/dev/null
}
complete -F _eph eph

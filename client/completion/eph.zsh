#compdef eph
# zsh completion for eph. Asks eph itself what fits.
_eph() {
    local -a lines found
    local line word description also=''
    lines=("${(@f)$(${(Q)words[1]/#\~/$HOME} __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in $lines; do
        word=${line%%$'\t'*}
        description=
        [[ $line == *$'\t'* ]] && description=${line#*$'\t'}
        case $word in
            (:files*|:programs) also=$word ;;
            (?*) found+=("${word//:/\\:}${description:+:$description}") ;;
        esac
    done
    case $also in
        (:files*)
            [[ -n ${also#:files} ]] && compset -P '[^=]#='
            _files
            return
            ;;
        (:programs)
            _command_names -e
            return
            ;;
    esac
    (( $#found )) && _describe -V eph found
}
if [[ ${funcstack[1]} == _eph ]]; then _eph "$@"; else compdef _eph eph; fi

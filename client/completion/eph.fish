# fish completion for eph. Asks eph itself what fits.
function __eph_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files*'
                set -l prefix (string sub -s 7 -- $line)
                set -l rest (string sub -s (math 1 + (string length -- "$prefix")) -- "$current")
                for file in (complete -C "'' $rest")
                    printf '%s%s\n' "$prefix" $file
                end
            case :programs
                complete -C "$current"
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c eph -f -a '(__eph_complete)'

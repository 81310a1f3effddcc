# SPDX-License-Identifier: MIT
# Completion of yoke for bash. Made by `yoke completion`: do not edit.

_yoke_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_yoke_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_yoke() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} options='' arguments=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _yoke_words "help --help --version image ops devices info verify bench version completion"
        return
    fi
    # bash takes --option=value apart at the sign
    [ "$word" != = ] || word=''
    [ "$before" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}
    case $command in
    bench)
        if [ "$COMP_CWORD" -eq 2 ]; then
            _yoke_words "--help list sim"
            return
        fi
        command+=" ${COMP_WORDS[2]}" ;;
    esac
    case $command:$before in
    image:--output | image:-o)
        _yoke_files
        return ;;
    image:--files-from)
        _yoke_files
        return ;;
    image:--overwrite)
        _yoke_words "never always newer"
        return ;;
    image:--devices | image:-d)
        _yoke_words "auto cpu gpu cl all"
        return ;;
    image:--sched)
        return ;;
    image:--profile)
        _yoke_files
        return ;;
    image:--on-device-error)
        _yoke_words "fallback fail"
        return ;;
    image:--device-timeout)
        return ;;
    image:--verify)
        return ;;
    image:--throttle)
        return ;;
    image:--threads | image:-j)
        return ;;
    image:--mem | image:-m)
        return ;;
    image:--png)
        _yoke_words "balanced fast small 0 1 2 3 4 5 6 7 8 9"
        return ;;
    image:--depth)
        _yoke_words "auto 8 16"
        return ;;
    image:--keep)
        return ;;
    image:--max-pixels)
        return ;;
    image:--io)
        _yoke_words "auto uring posix"
        return ;;
    image:--report)
        _yoke_files
        return ;;
    image:--trace)
        _yoke_files
        return ;;
    image:--progress)
        _yoke_words "auto always never"
        return ;;
    devices:--profile)
        _yoke_files
        return ;;
    info:--max-pixels)
        return ;;
    verify:--devices | verify:-d)
        _yoke_words "auto cpu gpu cl all"
        return ;;
    'bench sim':--policy)
        return ;;
    'bench sim':--ratio)
        return ;;
    'bench sim':--shape)
        _yoke_words "all flat ramp burst"
        return ;;
    'bench sim':--ms)
        return ;;
    'bench sim':--profile)
        _yoke_words "exact near off none learned"
        return ;;
    'bench sim':--seeds)
        return ;;
    'bench sim':--lanes)
        return ;;
    'bench sim':--halo)
        return ;;
    'bench sim':--rows)
        return ;;
    'bench sim':--overhead)
        return ;;
    'bench sim':--latency)
        return ;;
    'bench sim':--cold)
        return ;;
    'bench sim':--slow)
        return ;;
    'bench sim':--fail)
        return ;;
    'bench sim':--hang)
        return ;;
    'bench sim':--trace)
        _yoke_files
        return ;;
    esac
    case $command in
    image)
        arguments='file'
        options="--help --output --recursive --files-from --null --overwrite
            --in-place --devices --sched --profile --calibrate --explain-devices
            --strict-devices --on-device-error --device-timeout --verify --throttle --threads
            --mem --png --depth --strip --keep --max-pixels
            --io --fail-fast --dry-run --report --stats --trace
            --progress --quiet" ;;
    ops)
        arguments='op'
        options="--help --markdown --json" ;;
    devices)
        arguments='none'
        options="--help --json --rates --profile" ;;
    info)
        arguments='file'
        options="--help --json --max-pixels" ;;
    verify)
        arguments='none'
        options="--help --devices --json" ;;
    bench)
        arguments='none'
        options="--help" ;;
    'bench list')
        arguments='none'
        options="--help" ;;
    'bench sim')
        arguments='none'
        options="--help --policy --ratio --shape --ms --profile
            --seeds --lanes --halo --rows --overhead --latency
            --cold --slow --fail --hang --json --trace" ;;
    version)
        arguments='none'
        options="--help --json" ;;
    completion)
        arguments='none'
        options="--help" ;;
    help) arguments='command' ;;
    esac
    case $word:$arguments in
    -*) _yoke_words "$options" ;;
    *:op) _yoke_words "$("$1" ops 2>/dev/null | cut -d ' ' -f 1)" ;;
    *:command) _yoke_words "image ops devices info verify bench version completion" ;;
    *:file) _yoke_files ;;
    esac
}

complete -F _yoke yoke

#!/bin/sh
# supervise.sh DIR LAUNCH COMMAND [ARGUMENT...]
#
# Starts COMMAND detached from everything that may die: own session and process group, no terminal, input from
# /dev/null, output appended to DIR/engine.log. Returns once DIR/started is written; a second process stays behind and
# writes DIR/ended when COMMAND ends. Both files hold one line of JSON and appear in one rename (docs/run-folder.md).
#
# DIR/.lock is held by COMMAND, by its watcher and by what COMMAND passes it on to: held means that something lives,
# without a clock and without trusting a process id. DIR/.starting is held only while a start decides.
#
# Exit codes: 0 it runs, or this launch was started before · 64 wrong usage · 66 no such folder · 69 setsid or flock is
# missing · 70 it did not start · 75 another launch lives in DIR.
#
# SUPERVISE_SHELL names the shell that runs this file again (default: sh).

set -u
umask 077
shell=${SUPERVISE_SHELL:-sh}

refuse() { # CODE SENTENCE
  printf '%s\n' "$2" >&2
  exit "$1"
}

started_with() { # LAUNCH
  [ -f "$dir/started" ] || return 1
  IFS= read -r line <"$dir/started" || [ -n "$line" ] || return 1
  case $line in *"\"launch\":\"$1\""*) return 0 ;; esac
  return 1
}

write() { # NAME LINE
  printf '%s\n' "$2" >"$dir/$1.part" && mv -f "$dir/$1.part" "$dir/$1"
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# What the caller runs: decides, starts the watcher, waits until `started` is there.
start() { # COMMAND [ARGUMENT...]
  exec 8>>"$dir/.starting"
  flock 8
  started_with "$launch" && exit 0
  exec 9>>"$dir/.lock"
  flock -n 9 || refuse 75 "Another launch lives in $dir."
  # shellcheck disable=SC2086 # "busybox sh" is two words
  setsid $shell "$0" --watch "$dir" "$launch" "$@" </dev/null >>"$dir/engine.log" 2>&1 &
  # .starting is free again once the command's own process has written `started` and closed its copy.
  exec 8>&- 9>&-
  flock "$dir/.starting" true
  started_with "$launch" || refuse 70 "Nothing started in $dir; engine.log may say why."
}

# The watcher: outlives the caller, passes TERM on, writes how COMMAND ended.
watch() { # COMMAND [ARGUMENT...]
  pid=
  interrupted=
  # A trap and not an ignored signal, since COMMAND would inherit the latter.
  trap 'interrupted=1' HUP INT
  trap 'interrupted=1; [ -z "$pid" ] || kill -s TERM -- "-$pid" 2>/dev/null || kill -s TERM "$pid" 2>/dev/null' TERM
  # shellcheck disable=SC2086
  setsid $shell "$0" --run "$dir" "$launch" "$@" &
  pid=$!
  exec 8>&-
  code=
  while :; do
    interrupted=
    wait "$pid"
    answer=$?
    # A signal that came just as COMMAND ended: its code was told the time before.
    [ "$answer" -eq 127 ] && [ -n "$code" ] && break
    code=$answer
    [ -n "$interrupted" ] || break
  done
  signal=null
  # sh tells a signal as 128 + its number; a command that exits with 137 by choice reads the same.
  if [ "$code" -gt 128 ] && name=$(kill -l "$code" 2>/dev/null) && [ -n "$name" ]; then
    signal="\"SIG${name#SIG}\""
    code=null
  fi
  write ended "{\"launch\":\"$launch\",\"code\":$code,\"signal\":$signal,\"at\":\"$(now)\"}"
}

# The process that becomes COMMAND: its id is written down before COMMAND can do anything.
run() { # COMMAND [ARGUMENT...]
  rm -f "$dir/ended"
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
  # Field 22 of the line, counted behind the name, which may hold spaces and parentheses.
  born=$(cat "/proc/$$/stat" 2>/dev/null)
  born=$(printf '%s\n' "${born##*) }" | cut -d ' ' -f 20)
  write started "{\"launch\":\"$launch\",\"boot\":\"$boot\",\"supervisor\":$PPID,\"pid\":$$,\"born\":\"$born\",\"at\":\"$(now)\"}" || exit 70
  exec 8>&-
  exec "$@"
}

role=start
case ${1-} in
--watch | --run)
  role=${1#--}
  shift
  ;;
esac

[ $# -ge 3 ] || refuse 64 'Expected: supervise.sh DIR LAUNCH COMMAND [ARGUMENT...]'
dir=$1
launch=$2
shift 2

case $dir in /*) ;; *) refuse 64 "Expected an absolute folder, got $dir." ;; esac
case $launch in '' | *[!A-Za-z0-9_-]*) refuse 64 "Expected a launch of letters, digits, - and _, got $launch." ;; esac
[ -d "$dir" ] || refuse 66 "Expected the folder $dir, found none."
for tool in setsid flock; do
  command -v "$tool" >/dev/null || refuse 69 "Expected the program $tool (util-linux), found none."
done

"$role" "$@"

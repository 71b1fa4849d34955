#!/bin/sh
# keep.sh PID_FILE FOLDER PROGRAM ARGUMENTS…: runs PROGRAM for as long as our standard input is open, then removes FOLDER.
# The end of the input is what both a polite stop and kill -9 of whoever started us look like from here.
pid_file=$1
folder=$2
shift 2
exec 3<&0

"$@" 3<&- </dev/null &
child=$!
echo "$child" >"$pid_file.part" && mv "$pid_file.part" "$pid_file"

# A program that somebody has stopped (SIGSTOP) hears no SIGTERM until it goes on.
end() {
  kill -TERM "$child"
  kill -CONT "$child"
} 2>/dev/null
# Group and terminal signals are the starter's business; it closes our input when it is done.
trap '' INT HUP
trap end TERM

(
  while read -r _; do :; done
  end
  waited=0
  while [ "$waited" -lt 50 ] && kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -KILL "$child" 2>/dev/null
) <&3 3<&- &
watcher=$!
exec 3<&-

# A trapped signal ends `wait` early.
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
kill "$watcher" 2>/dev/null
rm -rf "$folder"
# The last one out of a run folder takes it along.
rmdir "$(dirname "$folder")" 2>/dev/null
exit "$status"

# Keeps one host alive as long as its own standard input is open, and then takes away everything that was of it. Whoever
# holds the other end may die in any way.
set -u
trap '' INT TERM HUP
away() {
  for _ in $(seq 100); do
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$1" ] || return
    sleep 0.05
  done
}
# What a guard left that was itself killed.
for stale in "$ASSIZE_GROUPS"/assize-host-*; do
  [ -d "$stale" ] && ! kill -0 "${stale##*-}" 2>/dev/null && away "$stale"
done
group="$ASSIZE_GROUPS/assize-host-$$"
mkdir "$group" "$group/guard" "$group/host" && echo $$ >"$group/guard/cgroup.procs" || exit 9
export ASSIZE_GROUP="$group"

setpriv --pdeathsig KILL unshare --mount --pid --net --uts --ipc --fork --kill-child --propagation private \
  /bin/bash -c "$ASSIZE_BOOT" boot </dev/null &
world=$!
while kill -0 $world 2>/dev/null; do
  read -r -t 0.5 _ || [ $? -gt 128 ] || break
done
first=$(cat "/proc/$world/task/$world/children" 2>/dev/null)
kill -KILL ${first:-$world} 2>/dev/null
wait $world
echo $$ >"$ASSIZE_GROUPS/cgroup.procs"
away "$group"

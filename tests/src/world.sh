# Builds the throw-away world. Read by bash from its standard input, as the first process of new namespaces.
# ASSIZE_EXPOSE: folders that must be in the world although they may lie in a place that is empty there.
set -eu
base=/mnt
mount -t tmpfs -o mode=755,size=2g tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/lower" "$base/new"
mount --bind / "$base/lower"
mount -o remount,bind,ro "$base/lower"

# Empty in the world: a whiteout hides what is there, and the new folder over it is empty, without a mount of its own.
hidden="/home /root /srv /media /var/tmp /var/spool/cron/crontabs"
for path in $hidden; do
  walked=""
  parents="${path%/*}"
  IFS=/
  for part in ${parents#/}; do
    walked="$walked/$part"
    if [ ! -d "$base/upper$walked" ] && [ -d "$base/lower$walked" ]; then
      mkdir "$base/upper$walked"
      chmod --reference="$base/lower$walked" "$base/upper$walked"
      chown --reference="$base/lower$walked" "$base/upper$walked"
    fi
  done
  unset IFS
  if [ -d "$base/lower$path" ]; then mknod "$base/upper$path" c 0 0; fi
done
new="$base/new"
mount -t overlay -o "lowerdir=$base/lower,upperdir=$base/upper,workdir=$base/work" overlay "$new"
for path in $hidden; do
  if [ -d "$base/lower$path" ]; then
    mkdir "$new$path"
    chmod --reference="$base/lower$path" "$new$path"
    chown --reference="$base/lower$path" "$new$path"
  fi
done

mount -t tmpfs -o mode=1777 tmpfs "$new/tmp"
mount -t tmpfs -o mode=755 tmpfs "$new/run"
mount -t proc proc "$new/proc"
mount -t sysfs -o ro sysfs "$new/sys"
mount -t tmpfs -o mode=755 tmpfs "$new/dev"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$new/dev/${device%:*}" c 1 "${device#*:}"
done
mkdir "$new/dev/shm" "$new/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$new/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$new/dev/pts"
ln -s pts/ptmx "$new/dev/ptmx"
ln -s /proc/self/fd "$new/dev/fd"
ln -s /proc/self/fd/0 "$new/dev/stdin"
ln -s /proc/self/fd/1 "$new/dev/stdout"
ln -s /proc/self/fd/2 "$new/dev/stderr"

IFS=:
for path in $ASSIZE_EXPOSE; do
  if [ ! -e "$new$path" ]; then
    mkdir -p "$new$path"
    mount --bind "$path" "$new$path"
    mount -o remount,bind,ro "$new$path"
  fi
done
unset IFS

echo world >/proc/sys/kernel/hostname
if command -v ip >/dev/null; then ip link set lo up; fi
# The kernel is shared with the real system: its switches are out of reach.
mount --bind "$new/proc/sys" "$new/proc/sys"
mount -o remount,bind,ro "$new/proc/sys"
# But this one: which process number comes next is counted by each world for itself.
next=/proc/sys/kernel/ns_last_pid
if [ -e "$new$next" ]; then
  mount --bind "$new$next" "$new$next"
  mount -o remount,bind,rw "$new$next"
fi

cd "$new"
pivot_root . mnt
cd /
umount -l /mnt
# Stays as the first process and buries what its test orphans, as init would; otherwise a killed process stays a zombie.
exec setpriv --bounding-set=-sys_module,-sys_rawio,-sys_boot,-sys_time,-mknod \
  /bin/bash -c '"$@" </dev/null & wait $!; exit $?' init "$ASSIZE_TEST" "$ASSIZE_WORLD" --exact --nocapture --test-threads=1

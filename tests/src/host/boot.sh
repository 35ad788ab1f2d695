# Boots one host, as the first process of new namespaces. A restart asked for inside boots it again on the same disk.
# ASSIZE_BASE: what it starts from. ASSIZE_EXPOSE: folders that are in it, read-only, at their own place.
set -eu
mount -t proc proc /proc
# What is noted there about a host is of no concern to the machine.
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755,size=2g tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$ASSIZE_BASE,upperdir=/mnt/upper,workdir=/mnt/work,index=on,nfs_export=on,xino=on" overlay /mnt/root

# This namespace is the street in front of the host: who the host talks to lives here.
mkdir /run/netns
ip link set lo up
ip netns add host
ip link add street type veth peer name host0 netns host
ip address add 10.77.0.1/24 dev street
ip link set street up
ip -n host link set lo up
ip -n host address add 10.77.0.2/24 dev host0
ip -n host link set host0 up
ip -n host route add default via 10.77.0.1

binds=()
IFS=:
for path in $ASSIZE_EXPOSE; do binds+=("--bind-ro=$path"); done
unset IFS

# Each of these words was found to be needed: without the first, detached children of a unit cannot be stopped; without
# all capabilities a unit cannot load firewall rules; the system calls are those of watching and tracing.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
while :; do
  code=0
  (
    echo $BASHPID >"$ASSIZE_GROUP/host/cgroup.procs"
    exec systemd-nspawn --quiet --boot --register=no --keep-unit --machine=host --directory=/mnt/root \
      --capability=all --system-call-filter="fanotify_init fanotify_mark bpf perf_event_open" \
      --network-namespace-path=/run/netns/host --console=pipe --setenv=ASSIZE_WORLD=host "${binds[@]}" </dev/null
  ) || code=$?
  # It was restarted, or its power was cut by somebody who wants it on again.
  [ $code = 133 ] || [ -e /mnt/again ] || exit $code
  rm -f /mnt/again
done

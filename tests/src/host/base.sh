# Builds the file system that every test host starts from. Run by bash in a mount namespace of its own.
# $1 suite, $2 mirror, $3 where it goes, the rest: packages.
set -eu
suite=$1 mirror=$2 final=$3
shift 3
packages=$(IFS=,; echo "$*")

# In memory, because dpkg syncs every file.
mount -t tmpfs -o mode=755,size=2g tmpfs /mnt
base=/mnt/base
debootstrap --variant=minbase --include="$packages" "$suite" "$base" "$mirror"

# Empty, not absent: a host gets an id of its own without taking this for the first start of an installation.
: >"$base/etc/machine-id"
wants="$base/etc/systemd/system"
rm -f "$wants"/*.wants/systemd-firstboot.service "$base"/usr/lib/systemd/system/*.wants/systemd-firstboot.service
# What would work on its own accord while a test watches.
rm -f "$wants"/timers.target.wants/* "$wants"/getty.target.wants/* "$wants"/*/e2scrub* "$wants"/*/remote-fs.target \
  "$wants"/*/systemd-networkd* "$wants"/*/systemd-timesyncd* "$wants"/*/systemd-pstore*
rm -f "$base"/var/cache/apt/archives/*.deb "$base"/var/cache/apt/*.bin
rm -rf "$base"/var/lib/apt/lists/* "$base"/var/log/bootstrap.log
: >"$base/etc/resolv.conf"
# A host gets devices of its own; those here would only be there to be stumbled over.
rm -rf "$base"/dev/*
echo host >"$base/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 host\n' >"$base/etc/hosts"
# A person, with a home and a service manager of its own once somebody asks for it.
chroot "$base" useradd --create-home --shell /bin/bash --uid 1000 ann

rm -rf "$final.part"
cp -a "$base" "$final.part"
mv "$final.part" "$final"

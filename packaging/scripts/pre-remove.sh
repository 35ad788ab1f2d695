#!/bin/sh
# Before the files of the package go (Debian: remove, upgrade, …; RPM: 0 for the last one, 1 for an upgrade).
set -e

case "$1" in
  remove | deconfigure | 0) ;;
  *) exit 0 ;; # an upgrade: what runs goes on
esac
# Not installed as a service: nothing to stop.
[ -L /etc/systemd/system/multi-user.target.wants/assize.service ] || exit 0
# Refuses while this computer is isolated or restricted: without the service nobody could lift that. The vault stays.
if ! /usr/bin/assizectl service remove; then
  echo "Assize was not removed. Release this computer first, or: assizectl service remove --release" >&2
  exit 1
fi
exit 0

#!/bin/sh
# After the files of the package went. The data in /var/lib/assize and the quarantined files in /var/lib/assize-agent are
# never removed by a package.
set -e

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
exit 0

#!/bin/sh
# After the files of the package are there (Debian: configure; RPM: %post). The service itself is installed by a person:
# with the window's button or `assizectl service install`. One that is installed goes on as the new version.
set -e

systemd-sysusers assize.conf || true
systemd-tmpfiles --create assize.conf || true
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  # Only what runs is started again. An isolation stands in the kernel meanwhile; a restriction is in force again with the
  # device service.
  systemctl try-restart assize-agent.service assize.service || true
fi
exit 0

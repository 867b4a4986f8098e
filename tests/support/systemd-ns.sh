#!/bin/sh
# Runs a private systemd as process 1 of its own namespaces. It starts none of the system's units, and what it writes to
# /etc, /run or /var/lib is not visible outside. It shares the system's network.
#
#   systemd-ns.sh FOLDER PROGRAM
#
# - PROGRAM is mounted as /usr/bin/milterkit
# - FOLDER/etc is mounted as /etc/milterkit
# - the units are those in FOLDER/units
# - a user milterkit exists
# - FOLDER/cgroup.path names a control group, which the caller must remove at the end
set -e
folder=$1 program=$2
if [ "$3" = inside ]; then
  # The existing mount would show the root of another control group.
  umount -R /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs /run
  mount -t tmpfs -o mode=755 tmpfs /var/lib
  mkdir -p "$folder/top"
  mount -t tmpfs tmpfs "$folder/top"
  mkdir -m 755 "$folder/top/etc" "$folder/top/etc.work" "$folder/top/bin" "$folder/top/bin.work"
  mkdir -m 755 "$folder/top/etc/milterkit"
  for name in passwd group; do cp "/etc/$name" "$folder/top/etc/$name"; done
  echo 'milterkit:x:64990:64990::/nonexistent:/usr/sbin/nologin' >> "$folder/top/etc/passwd"
  echo 'milterkit:x:64990:' >> "$folder/top/etc/group"
  : > "$folder/top/bin/milterkit"
  chmod 755 "$folder/top/bin/milterkit"
  mount -t overlay -o "lowerdir=/etc,upperdir=$folder/top/etc,workdir=$folder/top/etc.work" overlay /etc
  mount -t overlay -o "lowerdir=/usr/bin,upperdir=$folder/top/bin,workdir=$folder/top/bin.work" overlay /usr/bin
  # Not by these overlays: what is below may change at any time, such as by installing the package.
  mount --bind "$program" /usr/bin/milterkit
  mount --bind "$folder/etc" /etc/milterkit
  # Told that it is in a container, it leaves the kernel's settings alone.
  exec env container=other "SYSTEMD_UNIT_PATH=$folder/units" SYSTEMD_GENERATOR_PATH=/nonexistent \
    /lib/systemd/systemd --system --log-target=console --unit=multi-user.target
fi
if [ "$3" != outside ]; then exec unshare --mount --propagation private -- sh "$0" "$folder" "$program" outside; fi
mkdir -p "$folder/cgroup"
mount -t cgroup2 cgroup2 "$folder/cgroup"
mkdir "$folder/cgroup/milterkit-test-$$"
echo "$folder/cgroup/milterkit-test-$$" > "$folder/cgroup.path"
echo $$ > "$folder/cgroup/milterkit-test-$$/cgroup.procs"
umount "$folder/cgroup"
exec unshare --mount --pid --fork --kill-child --mount-proc --cgroup --uts --ipc -- sh "$0" "$folder" "$program" inside

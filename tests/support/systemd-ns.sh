#!/bin/sh
# Runs a systemd of its own as process 1 of private namespaces, in which nothing of the system's units is started and
# nothing that it writes to /etc, /run or /var/lib is seen outside. The network is the system's.
#
#   systemd-ns.sh FOLDER PROGRAM
#
# - PROGRAM is seen as /usr/bin/milterkit
# - FOLDER/etc is seen as /etc/milterkit
# - units are those of FOLDER/units
# - there is a user milterkit
# - FOLDER/cgroup.path is written: a control group to be removed at the end
set -e
folder=$1 program=$2
if [ "$3" = inside ]; then
  # What was mounted with another control group as its root would show that one.
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

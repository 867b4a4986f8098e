#!/bin/sh
# Runs a command in private mount and UTS namespaces that provide what Sendmail requires of the system,
# without changing anything outside.
#
#   sendmail-ns.sh FOLDER HOST SOCKET_FOLDERS command args...
#
# - a fully qualified host name: without one, Sendmail sleeps for a minute
# - a /dev/log: here the socket FOLDER/log.sock
# - if there is FOLDER/sasl2, an /etc of its own with this as /etc/sasl2, where libsasl2 looks for its configuration
# - milter sockets in folders that only root can write to, unlike /tmp: each folder of
#   SOCKET_FOLDERS (one per line) is mounted as /mnt/m1, /mnt/m2 ...
set -e
folder=$1 host=$2 sockets=$3
if [ "$4" != inside ]; then
  shift 3
  exec unshare -u -m --propagation private -- sh "$0" "$folder" "$host" "$sockets" inside "$@"
fi
shift 4

hostname "$host"
if [ -d "$folder/sasl2" ]; then
  cp -a /etc "$folder/etc"
  rm -rf "$folder/etc/sasl2"
  cp -r "$folder/sasl2" "$folder/etc/sasl2"
  mount --bind "$folder/etc" /etc
fi
printf '127.0.0.1 localhost\n127.0.0.1 %s\n::1 localhost\n' "$host" > "$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts

# Filled first and moved last, as the mounted folders may themselves be below /mnt.
mkdir -p "$folder/mnt" "$folder/dev"
mount -t tmpfs -o mode=755,size=64k tmpfs "$folder/mnt"
n=0
set -f
IFS='
'
for socket in $sockets; do
  n=$((n + 1))
  mkdir "$folder/mnt/m$n"
  mount --bind "$socket" "$folder/mnt/m$n"
done
unset IFS
set +f

mount -t tmpfs -o mode=755,size=64k tmpfs "$folder/dev"
for device in null zero full random urandom tty; do
  [ -e "/dev/$device" ] || continue
  : > "$folder/dev/$device"
  mount --bind "/dev/$device" "$folder/dev/$device"
done
ln -s /proc/self/fd "$folder/dev/fd"
ln -s "$folder/log.sock" "$folder/dev/log"

mount --move "$folder/mnt" /mnt
mount --move "$folder/dev" /dev
exec "$@"

#!/bin/sh
# Makes the root of one host out of the machine's own, the unpacked packages above it and
# a layer of its own on top, and starts the host's server in it. Called by the driver
# inside the host's network namespace, with mounts, host name and processes of its own.
#
# NAME, LAYERS (colon-separated), SERVER, MODE and what the server's script reads are in
# the environment.
set -eu
base=/mnt/$ID
mkdir -p "$base/up" "$base/work" "$base/root"
mount -t overlay -o "lowerdir=$LAYERS:/,upperdir=$base/up,workdir=$base/work" overlay "$base/root"
root=$base/root
hostname "$NAME"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for d in null zero full random urandom; do
	touch "$root/dev/$d"
	mount --bind "/dev/$d" "$root/dev/$d"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
chmod 1777 "$root/dev/shm"
mkdir -p "$root/lab" "$root/run/lock"
cp "$SERVERS"/* "$LAB_CACHE/lab" "$root/lab/"

rm -f "$root/etc/resolv.conf" "$root/etc/localtime"
echo "nameserver 192.0.2.53" >"$root/etc/resolv.conf"
echo "$NAME" >"$root/etc/hostname"
echo "$NAME" >"$root/etc/mailname"
{
	echo "127.0.0.1 localhost"
	echo "::1 ip6-localhost"
} >"$root/etc/hosts"
echo "hosts: files dns" >"$root/etc/nsswitch.conf"
printf 'passwd: files\ngroup: files\nshadow: files\nservices: files\n' >>"$root/etc/nsswitch.conf"
cp "/usr/share/zoneinfo/$ZONE" "$root/etc/localtime"
echo "$ZONE" >"$root/etc/timezone"
u=2000
for n in robin sender postfix postdrop Debian-exim smmta smmsp opensmtpd opensmtpq courier dovecot dovenull amavis vmail haproxy dmauser fetchmail nolocal; do
	u=$((u + 1))
	grep -q "^$n:" "$root/etc/passwd" || echo "$n:x:$u:$u::/home/$n:/bin/sh" >>"$root/etc/passwd"
	grep -q "^$n:" "$root/etc/group" || echo "$n:x:$u:" >>"$root/etc/group"
	grep -q "^$n:" "$root/etc/shadow" || echo "$n:*:19000:0:99999:7:::" >>"$root/etc/shadow"
	case $n in robin | sender | vmail)
		mkdir -p "$root/home/$n"
		chown "$n:$n" "$root/home/$n" 2>/dev/null || chown "$u:$u" "$root/home/$n"
		;;
	esac
done
if [ -n "${CLOCK:-}" ]; then
	# For every program of the host, whoever starts it and whatever it does to its environment.
	cp -L "$LAB_CACHE/layer/faketime/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1" "$root/usr/lib/libfaketime.so.1"
	echo "$CLOCK" >"$root/etc/faketimerc"
	echo /usr/lib/libfaketime.so.1 >"$root/etc/ld.so.preload"
fi
chroot "$root" /lab/lab syslog /dev/log /var/log/lab &
sleep 0.2
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
unset TZ
chroot "$root" sh -eu "/lab/$SERVER.sh" >"$base/start.log" 2>&1 || echo "lab: $NAME: $SERVER: $(tail -3 "$base/start.log")" >&2
exec sleep 100000

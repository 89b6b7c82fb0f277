#!/bin/sh
# Builds a laboratory of real mail servers, sends mail through it and collects what
# arrives, with the truth about it. README.md says what it needs and what comes out.
#
#   ./lab.sh              everything
#   ./lab.sh NAME...      only the messages whose names begin so
#
# Runs as root on Debian 12. All that runs, runs in namespaces that end with the script;
# nothing is installed, and no host outside the laboratory is contacted once the packages
# are there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${LAB_CACHE:-/var/cache/relaytrace-lab}

# fetch LAYER PACKAGE... downloads packages and what they need and unpacks them side by
# side: the mail servers' packages exclude each other, and none is to be installed here.
fetch() {
	layer=$1
	shift
	[ -e "$cache/layer/$layer/.done" ] && return
	echo "lab: fetching $*" >&2
	mkdir -p "$cache/deb/$layer/partial" "$cache/layer/$layer"
	apt-get -qq -y --download-only --no-install-recommends -o Dir::Cache::archives="$cache/deb/$layer" \
		-o APT::Sandbox::User=root install "$@" >"$cache/deb/$layer/log" 2>&1 || {
		tail -3 "$cache/deb/$layer/log" >&2
		exit 1
	}
	for deb in "$cache/deb/$layer"/*.deb; do
		dpkg -x "$deb" "$cache/layer/$layer"
	done
	# A layer with a real /lib would hide the link of that name.
	for d in bin sbin lib; do
		[ -d "$cache/layer/$layer/$d" ] || continue
		mkdir -p "$cache/layer/$layer/usr/$d"
		cp -a "$cache/layer/$layer/$d/." "$cache/layer/$layer/usr/$d/"
		rm -r "$cache/layer/$layer/$d"
	done
	touch "$cache/layer/$layer/.done"
}

if [ "${1:-}" != --inside ]; then
	[ "$(id -u)" = 0 ] || { echo "lab: needs root" >&2; exit 1; }
	# An index that is older than Debian's last point release names packages that are gone.
	[ -e "$cache/layer/faketime/.done" ] || apt-get -qq update >&2
	fetch postfix postfix postfix-pcre dovecot-lmtpd dovecot-pop3d sasl2-bin libsasl2-modules
	fetch exim exim4-daemon-heavy
	fetch sendmail sendmail-bin sendmail-cf m4 procmail sasl2-bin libsasl2-modules
	fetch opensmtpd opensmtpd
	fetch courier courier-mta
	fetch fetch fetchmail getmail6
	fetch list mlmmj
	fetch proxy haproxy
	fetch filter amavisd-new
	fetch small dma
	fetch null nullmailer
	fetch qpsmtpd qpsmtpd
	fetch mailfront mailfront ucspi-tcp nullmailer
	fetch chasquid chasquid
	fetch faketime faketime
	if [ ! -e "$cache/npm/node_modules/Haraka" ]; then
		mkdir -p "$cache/npm"
		(cd "$cache/npm" && npm install --silent --no-audit --no-fund --ignore-scripts Haraka@3.3.4 >&2)
	fi
	(cd "$here" && CGO_ENABLED=0 go build -o "$cache/lab" .)
	export LAB_CACHE="$cache"
	exec unshare --mount --net --pid --fork --mount-proc --kill-child sh "$0" --inside "$@"
fi

# Inside: a network without a way out, processes that end together, mounts that nobody
# else sees.
shift
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/layer
ip link set lo up
ip link add lab type bridge
ip link set lab up
echo 0 >/proc/sys/net/ipv6/conf/lab/accept_dad
"$cache/lab" run -servers "$here/servers" -captures "$here/captures" "$@"

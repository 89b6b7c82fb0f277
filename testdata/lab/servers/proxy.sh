# haproxy: hands every connection on to port 25 of ROUTE and adds nothing to the mail.
. /lab/common.sh
cat >/etc/haproxy.cfg <<X
defaults
	mode tcp
	timeout connect 5s
	timeout client 60s
	timeout server 60s
listen smtp
	bind :25
	server mail $ROUTE:25
X
haproxy -D -f /etc/haproxy.cfg

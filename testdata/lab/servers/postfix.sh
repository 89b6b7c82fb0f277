# Postfix. MODE is one of
#   open         relays for anybody, its field as it comes
#   strip        relays for anybody; header_checks drop every Received: field, its own too
#   rewrite      relays for anybody; header_checks leave "by HOST" of its own field
#   proxied      relays for anybody behind haproxy, which it sees as the client
#   walled       the same; the proxy is the wall's, with an address inside
#   gateway      takes mail for the recipient's organisation and hands it to ROUTE
#   store        the recipient's mail store
#   filtered     the same, with amavis in between
#   lmtp         the same, delivered by LMTP to Dovecot
#   provider     authenticated submission, identity not shown
#   provider-id  the same, with smtpd_sasl_authenticated_header
#   smarthost    relays for CLIENTS only
#   forward      forwards robin's mail to the recipient's organisation
#   list         a mailing list by mlmmj
#   desk         a workstation: fetchmail empties a POP3 box into it
. /lab/common.sh
mkdir -p /etc/postfix
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
cat >/etc/postfix/dynamicmaps.cf <<-X
	pcre /usr/lib/postfix/postfix-pcre.so dict_pcre_open
X
cat >/etc/postfix/main.cf <<-X
	compatibility_level = 3.6
	myhostname = $NAME
	mydestination = localhost
	mynetworks = 127.0.0.0/8 [::1]/128
	inet_protocols = all
	alias_maps =
	maillog_file = /var/log/postfix
	enable_long_queue_ids = ${LONGID:-no}
	smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
	relayhost = ${ROUTE:+[$ROUTE]}
	smtp_tls_security_level =
X
postconf -F '*/*/chroot = n'
mkdir -p /var/spool/postfix /var/lib/postfix
chown postfix /var/lib/postfix
chgrp postdrop /usr/sbin/postdrop /usr/sbin/postqueue
chmod 2755 /usr/sbin/postdrop /usr/sbin/postqueue

maildir() {
	postconf -e 'virtual_mailbox_domains = pcre:/etc/postfix/domains' \
		'virtual_mailbox_maps = pcre:/etc/postfix/boxes' \
		'virtual_mailbox_base = /home/robin' 'virtual_uid_maps = static:2001' 'virtual_gid_maps = static:2001'
	echo '/(^|\.)college\.example$/ yes' >/etc/postfix/domains
	echo '/^(robin|sender|list)@/ Maildir/' >/etc/postfix/boxes
	chown -R 2001:2001 /home/robin
}

case $MODE in
open | strip | rewrite | proxied | walled)
	postconf -e 'mynetworks = 0.0.0.0/0 [::]/0'
	;;
gateway)
	postconf -e 'relay_domains = pcre:/etc/postfix/domains'
	echo '/(^|\.)college\.example$/ yes' >/etc/postfix/domains
	;;
store | filtered | lmtp | desk)
	maildir
	;;
smarthost)
	postconf -e "mynetworks = 127.0.0.0/8 $CLIENTS"
	;;
esac

case $MODE in
strip)
	postconf -e 'header_checks = pcre:/etc/postfix/header_checks'
	echo '/^Received:/ IGNORE' >/etc/postfix/header_checks
	;;
rewrite)
	postconf -e 'header_checks = pcre:/etc/postfix/header_checks'
	echo "/^Received: from .*(by $NAME .*)/ REPLACE Received: \$1" >/etc/postfix/header_checks
	;;
proxied | walled)
	inside=127.0.0.1 wall=127.0.0.1
	if [ "$MODE" = walled ]; then
		inside=10.9.9.2 wall=10.9.9.1
		ip addr add $inside/32 dev lo
		ip addr add $wall/32 dev lo
	fi
	postconf -MX smtp/inet
	postconf -Me "$inside:10025/inet=$inside:10025 inet n - n - - smtpd"
	cat >/etc/haproxy.cfg <<-X
		defaults
			mode tcp
			timeout connect 5s
			timeout client 60s
			timeout server 60s
		listen smtp
			bind :25
			server mail $inside:10025 source $wall
	X
	haproxy -D -f /etc/haproxy.cfg
	;;
filtered)
	postconf -e 'content_filter = scan:[127.0.0.1]:10024'
	postconf -Me 'scan/unix=scan unix - - n - 2 smtp'
	postconf -Me '127.0.0.1:10025/inet=127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8'
	. /lab/amavis.sh
	;;
lmtp)
	postconf -e "virtual_transport = lmtp:unix:/run/dovecot/lmtp"
	. /lab/dovecot.sh
	;;
provider | provider-id)
	postconf -e 'smtpd_sasl_auth_enable = yes' 'smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination'
	[ "$MODE" = provider ] || postconf -e 'smtpd_sasl_authenticated_header = yes'
	mkdir -p /etc/postfix/sasl
	printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: /etc/sasldb2\n' >/etc/postfix/sasl/smtpd.conf
	echo secret | saslpasswd2 -p -c -u "$NAME" sender
	chown postfix /etc/sasldb2
	;;
forward)
	postconf -e "virtual_alias_domains = $DOMAIN" 'virtual_alias_maps = inline:{ robin@'"$DOMAIN"'=robin@college.example }'
	;;
list)
	. /lab/mlmmj.sh
	;;
desk)
	cat >/etc/fetchmailrc <<-X
		set daemon 2
		poll $POPHOST proto pop3 user "robin" pass "secret" is robin@college.example here fetchall
	X
	chmod 600 /etc/fetchmailrc
	(sleep 3 && fetchmail --sslproto '' -f /etc/fetchmailrc --pidfile /run/fetchmail.pid --syslog) &
	;;
esac
postfix check
postfix start

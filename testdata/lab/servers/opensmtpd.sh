# OpenSMTPD. MODE is one of
#   open, gateway, provider, smarthost, forward   as in postfix.sh
#   masked  relays for anybody; listens with mask-src, which leaves the peer out
. /lab/common.sh
mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd /run/opensmtpd
chmod 711 /var/spool/smtpd
for d in purge offline queue incoming corrupt temporary; do mkdir -p /var/spool/smtpd/$d; done
chown opensmtpq:root /var/spool/smtpd/queue /var/spool/smtpd/purge /var/spool/smtpd/incoming /var/spool/smtpd/corrupt /var/spool/smtpd/temporary
chmod 700 /var/spool/smtpd/queue /var/spool/smtpd/purge /var/spool/smtpd/incoming /var/spool/smtpd/corrupt /var/spool/smtpd/temporary
chmod 770 /var/spool/smtpd/offline
chown root:opensmtpq /var/spool/smtpd/offline
listen="listen on eth0 hostname $NAME"
to="relay helo $NAME"
[ -z "${ROUTE:-}" ] || to="relay host smtp://$ROUTE helo $NAME"
extra=
case $MODE in
open) match='match from any for any action out' ;;
masked)
	listen="$listen mask-src"
	match='match from any for any action out'
	;;
gateway) match='match from any for domain { "college.example", "*.college.example" } action out' ;;
provider)
	openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/k.pem -out /etc/c.pem -subj "/CN=$NAME" -days 30 2>/dev/null
	chmod 600 /etc/k.pem
	echo "sender $(smtpctl encrypt secret)" >/etc/credentials
	listen="pki x cert \"/etc/c.pem\"
pki x key \"/etc/k.pem\"
table credentials file:/etc/credentials
$listen tls pki x auth <credentials>"
	match='match auth from any for any action out'
	;;
smarthost) match="match from src $CLIENTS for any action out" ;;
forward)
	printf 'robin: robin@college.example\n' >/etc/aliases
	extra='action alias forward-only virtual <al>'
	listen="table al file:/etc/valiases
$listen"
	printf 'robin@%s robin@college.example\n' "$DOMAIN" >/etc/valiases
	extra="action alias expand-only virtual <al>
match from any for domain $DOMAIN action alias"
	match='match for any action out'
	;;
esac
cat >/etc/smtpd.conf <<X
$listen
action out $to
$extra
$match
X
smtpd -f /etc/smtpd.conf

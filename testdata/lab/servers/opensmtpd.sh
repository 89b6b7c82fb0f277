# OpenSMTPD. MODE is one of
#   open, gateway, smarthost, forward   as in postfix.sh; no provider, since its
#           TLS fails with this Debian's OpenSSL, and it takes passwords only under TLS
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
# Its pattern matching does not go back: "*." ends at the first dot.
gateway) match='match from any for domain { "college.example", "*.college.example", "*.d.college.example" } action out' ;;
smarthost) match="match from src $CLIENTS for any action out" ;;
forward)
	listen="table al file:/etc/valiases
$listen"
	printf 'robin@%s robin@college.example\n' "$DOMAIN" >/etc/valiases
	extra="action fwd expand-only virtual <al>
match from any for domain $DOMAIN action fwd"
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

# Sendmail 8. MODE is one of
#   open, gateway, provider, smarthost, forward   as in postfix.sh
#   byonly  relays for anybody; confRECEIVED_HEADER leaves the peer out
#   helo    relays for anybody; confRECEIVED_HEADER gives the HELO only
#   silent  relays for anybody; no HReceived line in sendmail.cf at all
. /lab/common.sh
mkdir -p /etc/mail /var/spool/mqueue /var/spool/mqueue-client /run/sendmail/mta /var/lib/sendmail
chmod 700 /var/spool/mqueue
chmod 755 / /etc /etc/mail /var /var/spool /run /run/sendmail /run/sendmail/mta 2>/dev/null || true
relay=
header=
case $MODE in
open) relay='FEATURE(`promiscuous_relay'\'')dnl' ;;
byonly)
	relay='FEATURE(`promiscuous_relay'\'')dnl'
	header='define(`confRECEIVED_HEADER'\'', `by $j ($v/$Z) with $r id $i$?u for $u; $|; $.$b'\'')dnl'
	;;
helo)
	relay='FEATURE(`promiscuous_relay'\'')dnl'
	header='define(`confRECEIVED_HEADER'\'', `$?sfrom $s $.by $j ($v/$Z) with $r id $i$?u for $u; $|; $.$b'\'')dnl'
	;;
silent) relay='FEATURE(`promiscuous_relay'\'')dnl' ;;
provider) relay='TRUST_AUTH_MECH(`PLAIN LOGIN'\'')dnl
define(`confAUTH_MECHANISMS'\'', `PLAIN LOGIN'\'')dnl' ;;
esac
touch /etc/mail/local-host-names /etc/mail/relay-domains /etc/mail/virtusers
case $MODE in
gateway) printf 'college.example\n' >/etc/mail/relay-domains ;;
smarthost) echo "$CLIENTS" >/etc/mail/relay-domains ;;
forward)
	echo "$DOMAIN" >/etc/mail/local-host-names
	echo 'robin: robin@college.example' >/etc/mail/aliases
	;;
esac
[ -e /etc/mail/aliases ] || echo 'postmaster: root' >/etc/mail/aliases
cat >/etc/mail/sendmail.mc <<X
divert(0)dnl
OSTYPE(\`debian')dnl
DOMAIN(\`debian-mta')dnl
FEATURE(\`use_cw_file')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`accept_unqualified_senders')dnl
define(\`confDOMAIN_NAME', \`$NAME')dnl
define(\`confTO_IDENT', \`0')dnl
define(\`confPRIVACY_FLAGS', \`')dnl
define(\`confDONT_BLAME_SENDMAIL', \`GroupWritableDirPathSafe,GroupWritableAliasFile,GroupReadableSASLDBFile,GroupReadableKeyFile')dnl
define(\`confQUEUE_LA', \`100')dnl
define(\`confREFUSE_LA', \`100')dnl
$relay
$header
${ROUTE:+define(\`SMART_HOST', \`[$ROUTE]')dnl}
DAEMON_OPTIONS(\`Family=inet, Name=MTA, Port=25, Addr=0.0.0.0')dnl
MAILER(\`local')dnl
MAILER(\`smtp')dnl
X
m4 -I /usr/share/sendmail/cf/ /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf
cp /etc/mail/sendmail.cf /etc/mail/submit.cf
[ "$MODE" != silent ] || awk '/^HReceived:/ { skip = 1; next } skip && /^[ \t]/ { next } { skip = 0; print }' /etc/mail/sendmail.cf >/etc/mail/s && [ ! -s /etc/mail/s ] || mv /etc/mail/s /etc/mail/sendmail.cf
if [ "$MODE" = provider ]; then
	mkdir -p /etc/mail/sasl
	printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n' >/etc/mail/sasl/Sendmail.conf.2
	mkdir -p /usr/lib/sasl2
	cp /etc/mail/sasl/Sendmail.conf.2 /usr/lib/sasl2/Sendmail.conf
	echo secret | saslpasswd2 -p -c -u "$NAME" sender
fi
chown root /etc/mail /etc/mail/*
chmod g-ws,u-s /usr/libexec/sendmail/sendmail
/usr/libexec/sendmail/sendmail -bi
/usr/libexec/sendmail/sendmail -bd -q10s

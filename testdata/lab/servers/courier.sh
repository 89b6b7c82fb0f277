# Courier. MODE is open, gateway or smarthost as in postfix.sh. Courier has no setting
# that hides the peer.
. /lab/common.sh
c=/etc/courier
ln -sf makedat.courier /usr/bin/makedat
mkdir -p $c/smtpaccess $c/esmtpacceptmailfor.dir /run/courier /var/lib/courier/track /var/lib/courier/msgs /var/lib/courier/msgq /var/lib/courier/tmp
chown -R courier:courier $c /run/courier /var/lib/courier /usr/lib/courier
echo "$NAME" >$c/me
echo "$NAME" >$c/esmtphelo
: >$c/locals
case $MODE in
open) printf '%s\tallow,RELAYCLIENT\n' 192 198 203 >$c/smtpaccess/default ;;
gateway)
	printf '%s\tallow\n' 192 198 203 >$c/smtpaccess/default
	printf 'college.example\n.college.example\n' >$c/esmtpacceptmailfor
	;;
smarthost) printf '%s\tallow,RELAYCLIENT\n' "$CLIENTS" >$c/smtpaccess/default ;;
esac
echo 0 >$c/bofh 
printf 'opt BOFHCHECKDNS=0\n' >$c/bofh
[ -z "${ROUTE:-}" ] || printf ':[%s]\n' "$ROUTE" >$c/esmtproutes
makesmtpaccess || true
makeacceptmailfor || true
makealiases || true
sed -i 's/^TCPDOPTS=.*/TCPDOPTS="-stderrlogger=\/usr\/sbin\/courierlogger -noidentlookup"/; s/^ESMTPAUTH=.*/ESMTPAUTH=""/; s/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/' $c/esmtpd
chown courier:courier $c/*
courier start
courier-esmtpd start 2>/dev/null || esmtpd start

# nullmailer: like dma, a host that only sends. MODE is local.
. /lab/common.sh
mkdir -p /etc/nullmailer /var/spool/nullmailer/queue /var/spool/nullmailer/tmp /var/spool/nullmailer/failed
echo "$NAME" >/etc/nullmailer/me
echo "192.0.2.10 smtp" >/etc/nullmailer/remotes
echo 1 >/etc/nullmailer/pausetime
rm -f /var/spool/nullmailer/trigger
mkfifo /var/spool/nullmailer/trigger
chown -R mail:mail /var/spool/nullmailer
chmod 622 /var/spool/nullmailer/trigger
chmod u-s /usr/sbin/nullmailer-queue /usr/bin/mailq 2>/dev/null || true
nohup nullmailer-send >/var/log/nullmailer 2>&1 &

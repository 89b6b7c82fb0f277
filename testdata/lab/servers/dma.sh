# The DragonFly Mail Agent: a host without a mail server, whose programs hand their mail to
# dma, which takes it to the recipient's mail exchanger. MODE is local.
. /lab/common.sh
mkdir -p /etc/dma /var/spool/dma
echo "MAILNAME $NAME" >/etc/dma/dma.conf
chown root:mail /var/spool/dma /etc/dma/dma.conf
chmod 2775 /var/spool/dma

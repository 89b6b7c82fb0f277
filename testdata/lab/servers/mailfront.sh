# mailfront in qmail-smtpd's place, with nullmailer to carry on to ROUTE what it takes. MODE is one of
#   open     relays for anybody
#   silent   the same, without the plugin that adds the field
#   gateway  as open: its DNS sends it the recipient's mail alone
. /lab/nullmailer.sh
cat >/lab/queue.pl <<-'X'
	#!/usr/bin/perl
	# qmail-queue's part: the message on descriptor 0, the envelope on 1.
	local $/;
	my $message = <STDIN>;
	open my $e, '<&=', 1 or exit 54;
	my ($from, @to) = split /\0/, <$e>;
	s/^[FT]// for $from, @to;
	my $name = time . ".$$";
	open my $f, '>', "/var/spool/nullmailer/tmp/$name" or exit 53;
	print $f join("\n", $from, grep({ $_ ne '' } @to), '', $message);
	close $f or exit 53;
	rename "/var/spool/nullmailer/tmp/$name", "/var/spool/nullmailer/queue/$name" or exit 53;
	if (open my $t, '>', '/var/spool/nullmailer/trigger') { print $t 'x' }
X
chmod 755 /lab/queue.pl
plugins="accept counters add-received"
[ "$MODE" != silent ] || plugins="accept"
mkdir -p /var/lib/qmail
QMAILQUEUE=/lab/queue.pl nohup tcpserver -R -l "$NAME" 0.0.0.0 25 mailfront smtp qmail $plugins >/var/log/mailfront 2>&1 &

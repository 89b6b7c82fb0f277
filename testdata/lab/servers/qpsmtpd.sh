# qpsmtpd, an SMTP server in the manner of qmail's; it hands all it takes to ROUTE. MODE is one of
#   open     relays for anybody
#   silent   the same; a plugin answers for the field, which is then left out
#   gateway  takes mail for the recipient's organisation
. /lab/common.sh
c=/etc/qpsmtpd
p=/usr/share/qpsmtpd/plugins
echo "$NAME" >$c/me
echo 4 >$c/loglevel
echo "$p" >$c/plugin_dirs
echo /var/spool/qpsmtpd >$c/spool_dir
mkdir -p /var/spool/qpsmtpd /run/qpsmtpd
chown nolocal /var/spool/qpsmtpd
chmod 700 /var/spool/qpsmtpd
printf 'logging/warn\nlab\nqueue/smtp-forward %s\n' "$ROUTE" >$c/plugins
rm -f $c/logging
cat >$p/lab <<-'X'
	use Qpsmtpd::Constants;
	sub register {
	  my ($self) = @_;
	  open my $f, '<', '/lab/mode' or die; chomp($self->{mode} = <$f>);
	}
	sub hook_rcpt {
	  my ($self, $transaction, $rcpt) = @_;
	  return OK if $self->{mode} ne 'gateway' or $rcpt->host =~ /(^|\.)college\.example$/i;
	  return (DENY, 'relaying denied');
	}
	sub hook_received_line {
	  my ($self) = @_;
	  return $self->{mode} eq 'silent' ? OK : DECLINED; # what else a plugin answers is dropped
	}
X
QPSMTPD_CONFIG=$c HOME=/var/spool/qpsmtpd nohup qpsmtpd-forkserver -l 0.0.0.0 -p 25 -u nolocal >/var/log/qpsmtpd.out 2>&1 &

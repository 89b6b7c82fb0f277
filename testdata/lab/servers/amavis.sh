# amavis: a content filter between two listeners of the same mail server.
mkdir -p /var/lib/amavis/tmp /var/lib/amavis/db /run/amavis /var/lib/amavis/virusmails
chown -R amavis:amavis /var/lib/amavis /run/amavis
cat >/etc/amavisd.conf <<-X
	use strict;
	\$myhostname = '$NAME';
	\$mydomain = '${DOMAIN:-college.example}';
	\$daemon_user = 'amavis';
	\$daemon_group = 'amavis';
	\$MYHOME = '/var/lib/amavis';
	\$TEMPBASE = "\$MYHOME/tmp";
	\$db_home = "\$MYHOME/db";
	\$pid_file = '/run/amavis/amavisd.pid';
	\$lock_file = '/run/amavis/amavisd.lock';
	\$inet_socket_port = 10024;
	\$forward_method = 'smtp:[127.0.0.1]:10025';
	\$notify_method = \$forward_method;
	\$max_servers = 1;
	\$enable_db = 0;
	\$do_syslog = 0;
	\$LOGFILE = '/var/log/amavis';
	@bypass_virus_checks_maps = (1);
	@bypass_spam_checks_maps = (1);
	@bypass_banned_checks_maps = (1);
	@bypass_header_checks_maps = (1);
	@local_domains_maps = ( [ '.college.example' ] );
	1;
X
touch /var/log/amavis
chown amavis /var/log/amavis
amavisd-new -c /etc/amavisd.conf start || amavisd -c /etc/amavisd.conf start

# Dovecot: LMTP from the mail server on the same host, POP3 for the fetching desk.
mkdir -p /run/dovecot /etc/dovecot
echo 'robin:{PLAIN}secret::::/home/robin::' >/etc/dovecot/users
cat >/etc/dovecot/dovecot.conf <<-X
	protocols = lmtp pop3
	base_dir = /run/dovecot
	log_path = /var/log/dovecot
	ssl = no
	disable_plaintext_auth = no
	mail_location = maildir:/home/robin/Maildir
	default_login_user = dovenull
	default_internal_user = dovecot
	first_valid_uid = 500
	auth_username_format = %n
	hostname = $NAME
	passdb {
	  driver = passwd-file
	  args = /etc/dovecot/users
	}
	userdb {
	  driver = static
	  args = uid=2001 gid=2001 home=/home/robin allow_all_users=yes
	}
	service lmtp {
	  unix_listener lmtp {
	    mode = 0666
	  }
	}
X
dovecot -c /etc/dovecot/dovecot.conf

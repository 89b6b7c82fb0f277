# A workstation on which getmail empties a POP3 box straight into a Maildir.
. /lab/common.sh
mkdir -p /home/robin/Maildir/new /home/robin/Maildir/cur /home/robin/Maildir/tmp /home/robin/.getmail
cat >/home/robin/.getmail/getmailrc <<-X
	[retriever]
	type = SimplePOP3Retriever
	server = $POPHOST
	username = robin
	password = secret
	[destination]
	type = Maildir
	path = /home/robin/Maildir/
	[options]
	delete = true
X
chown -R robin:robin /home/robin
(while sleep 3; do su robin -c 'HOME=/home/robin getmail --rcfile /home/robin/.getmail/getmailrc' >>/var/log/getmail 2>&1; done) &

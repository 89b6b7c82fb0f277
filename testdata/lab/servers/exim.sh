# Exim 4. MODE is one of
#   open, gateway, provider, smarthost, forward   as in postfix.sh
#   byonly   relays for anybody; received_header_text leaves the peer out
#   helo     relays for anybody; received_header_text names the peer by its HELO only
#   silent   relays for anybody; received_header_text is empty
#   nolookup relays for anybody; host_lookup unset, so no name is looked up
. /lab/common.sh
mkdir -p /var/spool/exim4 /var/log/exim4
chown Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
lookup='host_lookup = *'
rcpt='accept'
text= router=
case $MODE in
byonly) text='received_header_text = "Received: by $primary_hostname ${if def:received_protocol {with $received_protocol}} (Exim $version_number)\n\tid $message_exim_id\n\t${if def:received_for {for $received_for}}"' ;;
helo) text='received_header_text = "Received: ${if def:sender_helo_name {from $sender_helo_name }}by $primary_hostname with $received_protocol (Exim $version_number)\n\tid $message_exim_id"' ;;
silent) text='received_header_text =' ;;
nolookup) lookup= ;;
gateway) rcpt='accept domains = college.example : *.college.example' ;;
backup) rcpt='accept domains = college.example : *.college.example' ;;
provider) rcpt='accept authenticated = *' ;;
smarthost) rcpt="accept hosts = $CLIENTS" ;;
forward)
	rcpt="accept domains = $DOMAIN"
	router="alias:
  driver = redirect
  domains = $DOMAIN
  data = \$local_part@college.example"
	;;
esac
if [ -n "${ROUTE:-}" ]; then
	out="out:
  driver = manualroute
  domains = !$NAME
  route_list = * $ROUTE
  transport = smtp"
else
	out="out:
  driver = dnslookup
  domains = !$NAME
  ignore_target_hosts = 127.0.0.0/8
  transport = smtp"
fi
cat >/etc/exim4/exim4.conf <<X
primary_hostname = $NAME
exim_user = Debian-exim
exim_group = Debian-exim
$lookup
$text
acl_smtp_rcpt = rcpt
acl_smtp_data = data
rfc1413_query_timeout = 0s
tls_advertise_hosts =
auth_advertise_hosts = *
never_users =
log_file_path = /var/log/exim4/%slog
begin acl
rcpt:
  $rcpt
  deny message = relay not permitted
data:
  accept
begin routers
$router
$out
local:
  driver = accept
  check_local_user
  transport = file
begin transports
smtp:
  driver = smtp
file:
  driver = appendfile
  directory = /home/\$local_part/Maildir
  maildir_format
begin retry
* * F,1h,10s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{sender}}{eq{\$auth3}{secret}}}}
  server_set_id = \$auth2
X
chmod 644 /etc/exim4/exim4.conf
exim4 -bd -q10s

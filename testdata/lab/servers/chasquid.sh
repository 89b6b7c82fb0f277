# chasquid, as the recipient's mail exchanger: it cannot be made to relay for strangers.
# MODE is store.
. /lab/common.sh
c=/etc/chasquid
mkdir -p "$c/domains/$DOMAIN" "$c/certs/$NAME" /var/lib/chasquid
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$c/certs/$NAME/privkey.pem" \
	-out "$c/certs/$NAME/fullchain.pem" -subj "/CN=$NAME" -addext "subjectAltName=DNS:$NAME" -days 30
cat >$c/chasquid.conf <<-X
	hostname: "$NAME"
	smtp_address: ":25"
	mail_delivery_agent_bin: "/lab/deliver.sh"
	mail_delivery_agent_args: "%to_user%"
	data_dir: "/var/lib/chasquid"
	mail_log_path: "/var/log/chasquid"
X
chmod 755 /lab/deliver.sh
mkdir -p /home/robin/Maildir/new
echo secret | chasquid-util -C=$c user-add "robin@$DOMAIN" --password=secret
nohup chasquid --config_dir=$c >/var/log/chasquid.out 2>&1 &

# Read by every server's script first: packages unpacked by hand lack what their own
# installation would have made.
mkdir -p /var/spool /var/log /var/lib
echo "$MODE" >/lab/mode

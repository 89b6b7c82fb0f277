# mlmmj: a mailing list that a Postfix transport feeds and that posts through localhost.
l=/var/spool/mlmmj/friends
mkdir -p $l/incoming $l/queue/discarded $l/archive $l/text $l/subconf $l/unsubconf $l/bounce $l/control $l/moderation $l/subscribers.d $l/digesters.d $l/requeue $l/nomailsubs.d
echo "friends@$DOMAIN" >$l/control/listaddress
echo "friends-owner@$DOMAIN" >$l/control/owner
echo 'robin@college.example' >$l/subscribers.d/r
touch $l/control/tocc $l/index
echo 0 >$l/index
printf 'List-Id: <friends.%s>\nPrecedence: list\n' "$DOMAIN" >$l/control/customheaders
chown -R nolocal:nolocal /var/spool/mlmmj
postconf -e "virtual_alias_maps =" "transport_maps = inline:{ $DOMAIN=mlmmj: }" "relay_domains = $DOMAIN" 'mlmmj_destination_recipient_limit = 1'
postconf -Me 'mlmmj/unix=mlmmj unix - n n - - pipe flags=ORhu user=nolocal argv=/usr/bin/mlmmj-receive -F -L /var/spool/mlmmj/friends'

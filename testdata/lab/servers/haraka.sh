# Haraka. MODE is one of
#   open, gateway, provider, smarthost   as in postfix.sh
#   strip   relays for anybody; a plugin takes its own field out again
#   byonly  relays for anybody; a plugin puts a field without the peer in its place
. /lab/common.sh
export NODE_PATH=$NPM/node_modules
d=/srv/haraka
mkdir -p $d/config $d/plugins $d/queue
cp $NPM/node_modules/Haraka/config/connection.ini $d/config/
cat >$d/config/smtp.ini <<-X
	listen=[::]:25
	nodes=0
X
echo "$NAME" >$d/config/me
echo "$NAME" >$d/config/host_list
printf '[main]\n' >$d/config/outbound.ini
printf 'lab\n' >$d/config/plugins
[ "$MODE" != provider ] || printf 'auth/flat_file\nlab\n' >$d/config/plugins
printf '[core]\nmethods=PLAIN,LOGIN\n[users]\nsender=secret\n' >$d/config/auth_flat_file.ini
cat >$d/plugins/lab.js <<-X
	'use strict';
	const mode = '$MODE', route = '${ROUTE:-}', clients = '${CLIENTS:-}'.split(' ');
	exports.hook_rcpt = function (next, connection, params) {
	  const host = (params[0].host || '').toLowerCase();
	  const ours = host === 'college.example' || host.endsWith('.college.example');
	  const ip = connection.remote.ip.replace('::ffff:', '');
	  if (mode === 'gateway' && !ours) return next(DENY, 'relaying denied');
	  if (mode === 'smarthost' && !clients.includes(ip)) return next(DENY, 'relaying denied');
	  if (mode === 'provider' && !connection.relaying) return next(DENY, 'authenticate first');
	  connection.relaying = true;
	  next(OK);
	};
	exports.hook_get_mx = function (next, hmail, domain) {
	  if (route) return next(OK, { exchange: route, port: 25, priority: 0 });
	  next();
	};
	exports.hook_queue_outbound = function (next, connection) {
	  const t = connection.transaction;
	  if (mode === 'strip') t.remove_header('Received');
	  if (mode === 'byonly') {
	    t.remove_header('Received');
	    t.add_leading_header('Received', 'by $NAME (Haraka) with ESMTP id ' + t.uuid + '; ' + new Date().toUTCString());
	  }
	  next();
	};
X
cd $d
# On a busy machine it sometimes ends without a word: it is started again.
(while :; do node $NPM/node_modules/Haraka/bin/haraka -c $d || sleep 1; done) >/var/log/haraka 2>&1 &

# The servers of the intranet (real nginx, one instance a name) and the system log.
# Sourced by lab.sh.

# server_start NAME: nginx with the server{} blocks given on standard input.  $ssl
# stands for the certificate lines.  Its files are in $LAB/servers/NAME.
server_start() {
  local dir=$LAB/servers/$1
  mkdir -p "$dir/tmp" "$dir/root"
  chmod 755 "$dir" "$dir/root"
  chown www-data "$dir/tmp"
  cat > "$dir/nginx.conf" <<END
user www-data;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 12000; }
http {
  default_type text/html;
  keepalive_requests 100000;
  client_body_temp_path $dir/tmp/body;
  proxy_temp_path $dir/tmp/proxy;
  fastcgi_temp_path $dir/tmp/fastcgi;
  uwsgi_temp_path $dir/tmp/uwsgi;
  scgi_temp_path $dir/tmp/scgi;
  log_format lab '\$server_port \$remote_addr "\$request" \$status host="\$http_host" cookie="\$http_cookie"';
  access_log $dir/access.log lab;
  root $dir/root;
$(sed "s|@ssl@|ssl_certificate $LAB/certs/${2:-intranet}.pem; ssl_certificate_key $LAB/certs/${2:-intranet}.key;|")
}
END
  : > "$dir/access.log"
  page_of "$1" > "$dir/root/index.html"
  in_intranet nginx -e "$dir/error.log" -c "$dir/nginx.conf"
  wait_for 5 test -s "$dir/pid"
}

server_stop() {
  local pid
  pid=$(cat "$LAB/servers/$1/pid")
  kill -TERM "$pid"
  wait_for 5 is_gone "$pid"
}

# is_gone PID: it has ended; whether somebody has asked for its exit code is not its affair.
is_gone() {
  local state
  state=$(sed -n 's/^State:.\(.\).*/\1/p' "/proc/$1/status" 2> /dev/null || :)
  [ -z "$state" ] || [ "$state" = Z ]
}

page_of() {
  echo "<!doctype html><title>$1</title><h1>This is the page of $1.$DOMAIN</h1>"
}

# listen_lines NAME PORT [ssl]
listen_lines() {
  echo "listen ${ADDRESS_4[$1]}:$2 ${3:-};"
  echo "listen [${ADDRESS_6[$1]}]:$2 ${3:-};"
}

# `www`: the page on 443, a redirect to it on 80.  /headers says what arrived.
server_www() {
  server_start www <<END
  server {
    $(listen_lines www 443 ssl) @ssl@
    location = /headers {
      default_type text/plain;
      return 200 "host=\$http_host cookie=\$http_cookie via=\$http_via user=\$http_x_forwarded_user for=\$http_x_forwarded_for\n";
    }
    location = /missing { return 404 "nothing here\n"; }
    location = /post { client_max_body_size 0; return 200 "posted\n"; }
    location / { }
  }
  server { $(listen_lines www 80) return 301 https://\$host\$request_uri; }
END
}

# `old`: the page on 80 only; nothing listens on 443.
server_old() {
  server_start old <<END
  server { $(listen_lines old 80) location / { } }
END
}

# `mixed`: 404 on 443, the page on 80.
server_mixed() {
  server_start mixed <<END
  server { $(listen_lines mixed 443 ssl) @ssl@ return 404 "not on this port\n"; }
  server { $(listen_lines mixed 80) location / { } }
END
}

# `silent`: what goes to 443 vanishes (net.sh), the page is on 80.
server_silent() {
  server_start silent <<END
  server { $(listen_lines silent 80) location / { } }
END
}

# `loop`: 80 sends everybody to 443, and 443 knows nothing.
server_loop() {
  server_start loop <<END
  server { $(listen_lines loop 443 ssl) @ssl@ return 404 "the first answer\n"; }
  server { $(listen_lines loop 80) return 301 https://\$host\$request_uri; }
END
}

# `big`: large files, see make_big.
server_big() {
  server_start big <<END
  server { $(listen_lines big 443 ssl) @ssl@ sendfile on; location / { } }
END
}

# `liar`: a certificate that nobody signed on 443, and a page on 80 that must never show.
server_liar() {
  server_start liar liar <<END
  server { $(listen_lines liar 443 ssl) @ssl@ location / { } }
  server { $(listen_lines liar 80) location / { } }
END
}

servers_up() {
  mkdir "$LAB/servers"
  local name pids=()
  for name in www old mixed silent loop big liar; do
    "server_$name" &
    pids+=($!)
  done
  for name in "${pids[@]}"; do
    wait "$name"
  done
}

# make_big NAME MEBIBYTES: a file for `big` that does not compress; prints its sha256.
make_big() {
  local file=$LAB/servers/big/root/$1
  openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff -iv 0 \
    -in <(head -c "$2M" /dev/zero) -out "$file" 2>/dev/null
  chmod 644 "$file"
  sha256sum < "$file" | cut -d' ' -f1
}

# `sink` answers each upload with its length and sha256.
sink_start() {
  spawn intranet python3 "$LIB/hash_sink.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" \
    "${ADDRESS_4[sink]}" "${ADDRESS_6[sink]}" > "$LAB/run/sink.out" 2> "$LAB/run/sink.err"
  wait_for 5 grep -q ready "$LAB/run/sink.out"
}

# upstream_log NAME: what arrived there, one request a line:
#   PORT CLIENT "REQUEST LINE" STATUS host="..." cookie="..."
upstream_log() {
  cat "$LAB/servers/$1/access.log"
}

upstream_count() {  # NAME [REGEX]
  grep -cE "${2:-.}" "$LAB/servers/$1/access.log" || :
}

# `actor` says exactly what a path asks for, lies included; see actor.py.
actor_start() {
  spawn intranet python3 "$LIB/actor.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" \
    "${ADDRESS_4[actor]}" > "$LAB/run/actor.out" 2> "$LAB/run/actor.err"
  wait_for 5 grep -q ready "$LAB/run/actor.out"
}

# `socket` has WebSockets, good and bad ones; see websocket_server.py.
socket_start() {
  spawn intranet python3 "$LIB/websocket_server.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" \
    "${ADDRESS_4[socket]}" > "$LAB/run/socket.out" 2> "$LAB/run/socket.err"
  wait_for 5 grep -q ready "$LAB/run/socket.out"
}

# `echo` is the echo server of the npm package ws, which the test has installed.
echo_start() {
  NODE_PATH=$ROOT/build/npm/node_modules spawn intranet node "$LIB/ws_echo.js" "$LAB/certs/intranet.pem" \
    "$LAB/certs/intranet.key" "${ADDRESS_4[echo]}" > "$LAB/run/echo.out" 2> "$LAB/run/echo.err"
  wait_for 5 grep -q ready "$LAB/run/echo.out"
}

# twin_start NAME PORT...: one server on several ports (with an s: TLS); see twin.py.  What
# came to it is in $LAB/NAME.record.
twin_start() {
  local name=$1
  shift
  : > "$LAB/$name.record"
  spawn intranet python3 "$LIB/twin.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" \
    "${ADDRESS_4[$name]}" "$LAB/$name.record" "$@" > "$LAB/run/$name.out" 2> "$LAB/run/$name.err"
  wait_for 5 grep -q ready "$LAB/run/$name.out"
}

# The system log: a datagram socket, one line of $LAB/syslog each.
syslog_start() {
  spawn bastion python3 "$LIB/syslog_sink.py" "$LAB/run/log" "$LAB/syslog" 2> "$LAB/run/syslog.err"
  SYSLOG_PID=$SPAWNED
  wait_for 5 test -S "$LAB/run/log"
}

syslog_stop() {
  kill -TERM "$SYSLOG_PID"
  wait_for 5 is_gone "$SYSLOG_PID"
  rm -f "$LAB/run/log"
}

syslog_has() {
  grep -qE -- "$1" "$LAB/syslog"
}

syslog_count() {
  grep -cE -- "$1" "$LAB/syslog" || :
}

# expect_log REGEX: the line comes within five seconds.
expect_log() {
  wait_for 5 syslog_has "$1" || fail "no line in the system log matches: $1"
}

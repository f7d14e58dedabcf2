# bench_lab.sh: where `make bench` and `make scale` measure.  All stands in a lab of the system
# tests: clients out in one namespace, the servers in the bastion's, the upstream in the intranet's.
# What is measured runs on the first processor and in a control group of its own, whose clock
# is the figure that counts; the rest on the last one.  Sourced by bash scripts of this folder.
. "$(dirname "$0")/../system/lab.sh"
HERE=$ROOT/test/bench
TOOL=$ROOT/build/test-tools/bench-tool
UID_BASE=62600
MODE=direct
OUT=$ROOT/build/bench
FIRST=0 LAST=$(($(nproc) - 1))
mkdir -p "$OUT"
export TOOL OUT FIRST LAST CLIENT_4 BASTION_4

name_host ec 90
name_host rsa 91

# A control group for each thing that is measured: version 2 where it is, else cpuacct.
groups_up() {
  local mount
  mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [ -n "$mount" ] || mount=$(awk '$3 == "cgroup" && $4 ~ /cpuacct/ { print $2; exit }' /proc/mounts)
  [ -n "$mount" ] && GROUPS_AT=$mount/postern-bench-$LAB_ID || skip "no control groups to count CPU time with"
  mkdir "$GROUPS_AT" || skip "control groups cannot be made here"
  export GROUPS_AT
}

groups_down() {
  [ -z "${GROUPS_AT:-}" ] || find "$GROUPS_AT" -depth -type d -exec rmdir {} \; 2> /dev/null || :
}

# measured GROUP COMMAND...: in the bastion's namespace, in its group, on the first processor.
measured() {
  local group=$GROUPS_AT/$1
  shift
  mkdir -p "$group"
  (
    echo $BASHPID > "$group/cgroup.procs"
    exec ip netns exec "$(namespace bastion)" taskset -c $FIRST "$@"
  )
}

certificate() {  # NAME KEY-ALGORITHM OPTION
  openssl req -x509 -newkey "$2" -pkeyopt "$3" -nodes -sha256 -days 2 -CA "$LAB/certs/gate-ca.pem" \
    -CAkey "$LAB/certs/gate-ca.key" -keyout "$LAB/certs/$1.key" -out "$LAB/certs/$1.pem" \
    -subj "/CN=$1" -addext "subjectAltName=DNS:$1.$DOMAIN,DNS:up.$DOMAIN,DNS:$LOGIN_HOST" \
    -addext basicConstraints=critical,CA:FALSE 2> /dev/null
  cat "$LAB/certs/$1.pem" "$LAB/certs/$1.key" > "$LAB/certs/$1.both"
}

# The upstream: nginx with a page of 1 KiB and a large file; on port 81 what swallows uploads.
upstream_up() {
  server_start ec <<END
  server {
    listen ${ADDRESS_4[ec]}:80 backlog=4096;
    access_log off;
    keepalive_timeout 600s;
    location / { }
  }
END
  spawn intranet taskset -c $LAST "$TOOL" server at="${ADDRESS_4[ec]}:81" answer=3 > /dev/null
  head -c 1024 /dev/zero | tr '\0' x > "$LAB/servers/ec/root/page"
  head -c 104857600 /dev/zero | tr '\0' x > "$LAB/servers/ec/root/large"
  taskset -apc $LAST "$(cat "$LAB/servers/ec/pid")" > /dev/null
  for pid in $(ps -o pid= --ppid "$(cat "$LAB/servers/ec/pid")"); do taskset -pc $LAST "$pid" > /dev/null; done
}

# wfd_of NAME DIR CONNECTIONS-PER-WORKER PORT: one more wfd, beside the others, with the same authd.
wfd_of() {
  setting wfd isolation connections_per_worker "$3"
  setting wfd listen port "$4"
  setting wfd isolation spare_workers $(($3 == 1 ? 8 : 1))  # the peers have one worker, too
  setting wfd process pidfile "$LAB/run/$1.pid"
  write_conf wfd
  mv "$LAB/wfd.conf" "$LAB/$1.conf"
  measured "$1" "$2/wfd" -c "$LAB/$1.conf" < /dev/null > "$LAB/run/$1.err" 2>&1 ||
    fail "wfd: $(cat "$LAB/run/$1.err")"
}

# redird_of NAME DIR PORT
redird_of() {
  setting redird listen port "$3"
  setting redird process pidfile "$LAB/run/$1.pid"
  write_conf redird
  mv "$LAB/redird.conf" "$LAB/$1.conf"
  measured "$1" "$2/redird" -c "$LAB/$1.conf" < /dev/null > "$LAB/run/$1.err" 2>&1 ||
    fail "redird: $(cat "$LAB/run/$1.err")"
}

postern_up() {
  local host
  for host in ec rsa; do
    setting wfd hosts $host.$DOMAIN "http://${ADDRESS_4[ec]}"
  done
  setting wfd hosts up.$DOMAIN "http://${ADDRESS_4[ec]}:81"
  setting wfd tls certificate "$LAB/certs/ec.pem, $LAB/certs/rsa.pem"
  setting wfd tls key "$LAB/certs/ec.key, $LAB/certs/rsa.key"
  setting wfd isolation max_workers 3000
  setting wfd limits idle_timeout 10m
  setting wfd limits per_source 30000
  gate_keys
  gate_jails
  gate_configure
  measured authd "$BIN/authd" -c "$LAB/authd.conf" < /dev/null > "$LAB/run/authd.err" 2>&1 || fail "authd: $(cat "$LAB/run/authd.err")"
  wfd_of postern-256 "$BIN" 256 443
  wfd_of postern-1 "$BIN" 1 444
  redird_of redird-now "$BIN" 8090
  [ -n "${BEFORE:-}" ] || return 0
  wfd_of before-256 "$BEFORE" 256 445
  wfd_of before-1 "$BEFORE" 1 446
  redird_of redird-before "$BEFORE" 8091
}

tune_client() {
  in_client sysctl -q -w net.ipv4.ip_local_port_range="2000 65000" net.ipv4.tcp_tw_reuse=1
  in_bastion sysctl -q -w net.ipv4.ip_local_port_range="2000 65000" net.core.somaxconn=4096 || :
  ulimit -n "$(ulimit -H -n)"
}

# As in lab.sh, and the groups.
lab_sweep() {
  net_down "$1"
  groups_down
  rm -rf "${TMPDIR:-/tmp}/postern-lab-$1".??????
}

# All of it, with alice logged in: $COOKIE is her session's.
bench_lab_up() {
  lab_up
  groups_up
  syslog_stop
  in_bastion sysctl -q -w net.unix.max_dgram_qlen=512 || :  # as systemd sets it: with 10, most servers drop lines
  spawn bastion taskset -c $LAST "$TOOL" sink count="$LAB/lines" "$LAB/run/log" > "$LAB/troubles"
  wait_for 5 test -S "$LAB/run/log"
  tune_client
  certificate ec ec ec_paramgen_curve:P-256
  certificate rsa rsa rsa_keygen_bits:2048
  upstream_up
  postern_up
  ADDRESS_4[login]=$BASTION_4
  rm -f "$LAB"/curl?
  enroll alice --hotp
  login alice ec.$DOMAIN /page
  COOKIE=$(cookie_of alice)
  export -f measured namespace in_namespace
  export LAB_ID COOKIE UPSTREAM="${ADDRESS_4[ec]}:80"
}

# What the servers said, when the measuring failed.
bench_failed() {
  tail -n 5 "$LAB"/*/output "$LAB"/*/*.log "$LAB/troubles" >&2 || :
  fail "$*"
}

#!/usr/bin/env bash
# At home on a bastion host: make install, users, jails, the SysV init scripts, the command
# line and exit codes of the daemons, and uninstall, all with the default paths, on a copy
# of this machine's /etc, /usr/local and /run that no other process sees.
. "$(dirname "$0")/lab.sh"
lab_up

# The machine: a process that holds a mount namespace in the bastion's network.
mkdir -p "$LAB/machine/etc" "$LAB/machine/usr-local" "$LAB/machine/var-lib" "$LAB/machine/run"
cp -a /etc/. "$LAB/machine/etc"
rm -rf "$LAB/machine/etc/postern" "$LAB/machine/etc/init.d"/postern-*
: > "$LAB/machine/etc/this-is-the-lab"
cat > "$LAB/machine/boot" <<'END'
mount --bind "$LAB/machine/etc" /etc &&
  mount --bind "$LAB/machine/usr-local" /usr/local &&
  mount --bind "$LAB/machine/var-lib" /var/lib &&
  mount -t tmpfs -o mode=755 run /run && : > "$LAB/machine/booted" && exec sleep 600
END
spawn bastion unshare --mount --propagation private sh "$LAB/machine/boot" 2> "$LAB/machine/boot.err"
MACHINE=$SPAWNED
wait_for 5 test -e "$LAB/machine/booted" || skip "no mount namespace here: $(cat "$LAB/machine/boot.err")"
here() {
  nsenter -t "$MACHINE" -m -n -w"$ROOT" "$@"
}

# Whatever is installed below must land in the lab, never on the machine that tests.
here test -e /etc/this-is-the-lab || skip "the lab cannot have an /etc of its own here"

daemon_pid() {
  cat "/proc/$MACHINE/root/run/postern/$1.pid"
}

# run STATUS COMMAND...: its output is in $LAB/out.
run() {
  local want=$1 got=0
  shift
  here "$@" > "$LAB/out" 2>&1 < /dev/null || got=$?
  [ $got = "$want" ] || fail "exit $got instead of $want: $*: $(cat "$LAB/out")"
}
says() {
  grep -qE -- "$1" "$LAB/out" || fail "no \"$1\" in: $(cat "$LAB/out")"
}
init() {  # STATUS DAEMON ACTION
  run "$1" "/etc/init.d/postern-$2" "$3"
}

# Installation: users, jails, and the whole of it again without harm.
before=$(cd "$LAB/machine" && find etc usr-local | sort)
run 0 make -s install
for role in _redird-porter _wfd-worker _wfd-signer _authd-vault; do run 0 id "$role"; done
ls "$LAB/machine/usr-local/sbin" | xargs > "$LAB/out"
says '^authctl authd redird wfd$'
for file in etc/postern/wfd.conf etc/init.d/postern-wfd usr-local/share/man/man8/wfd.8 \
  usr-local/lib/systemd/system/postern-wfd.service etc/postern/nftables/redirect.nft; do
  [ -s "$LAB/machine/$file" ] || fail "not installed: $file"
done
echo "# ours" >> "$LAB/machine/etc/postern/wfd.conf"
run 0 make -s install
tail -1 "$LAB/machine/etc/postern/wfd.conf" > "$LAB/out"
says '^# ours$'

# The shipped files need this site's names and keys; the rest stays at its default.
init 100 wfd configtest
says '^/etc/postern/wfd.conf:?[0-9]*: '
conf=$LAB/machine/etc/postern
cp -r "$LAB/certs" "$conf/tls"
chmod 600 "$conf"/tls/*.key
head -c 32 /dev/urandom > "$conf/sealing.key"
chmod 600 "$conf/sealing.key"
cat > "$conf/redird.conf" <<END
[redirect]
domain = $DOMAIN
[log]
socket = $LAB/run/log
END
cat > "$conf/wfd.conf" <<END
[tls]
certificate = /etc/postern/tls/gate.pem
key = /etc/postern/tls/gate.key
[domain]
name = $DOMAIN
[login]
host = $LOGIN_HOST
[intranet]
networks = $NETWORKS
[upstream_tls]
ca_file = /etc/postern/tls/intranet-ca.pem
[log]
socket = $LAB/run/log
END
cat > "$conf/authd.conf" <<END
[session]
domain = $DOMAIN
[store]
sealing_key = /etc/postern/sealing.key
[log]
socket = $LAB/run/log
END
firewall redirect

# start returns when the daemon serves; a second one changes nothing.
for daemon in authd wfd redird; do
  init 3 $daemon status
  init 0 $daemon configtest
  init 0 $daemon start
  case $daemon in
    authd) run 0 authctl user list ;;
    wfd) expect_status 302 "${NAVIGATE[@]}" "https://www.$DOMAIN/" ;;
    redird) expect_status 301 "http://www.$DOMAIN/" ;;
  esac
  init 0 $daemon status
  says "$daemon runs \([0-9]+\)"
  pid=$(daemon_pid $daemon)
  init 0 $daemon start
  [ "$(daemon_pid $daemon)" = "$pid" ] || fail "$daemon: a second start took over"
  run 111 $daemon
  says 'runs already'
  [ "$(daemon_pid $daemon)" = "$pid" ] || fail "$daemon: a second start took the pid file"
  kill -0 "$pid" || fail "$daemon: a second start ended the first"
done

# A user made on this host logs in through it.
SOCKET=/proc/$MACHINE/root/run/postern/admin.sock
ctl() { "$BIN/authctl" -s "$SOCKET" "$@"; }
enroll alice
login alice
expect_page www -b "$(jar_of alice)"

# The roles run as the users that were made.
signer=$(role_pids wfd signer)
[ "$(stat -c %u "/proc/$signer/task")" = "$(here id -u _wfd-signer)" ] || fail "the signer is not _wfd-signer"

# reload, restart, and a broken file, which stops neither and starts nothing.
init 0 wfd reload
expect_log 'wfd/master.* event=reload version=[^ ]+ result=ok$'
expect_page www -b "$(jar_of alice)"
old=$(daemon_pid redird)
init 0 redird restart
[ "$(daemon_pid redird)" != "$old" ] || fail "restart did not restart"
expect_status 301 "http://www.$DOMAIN/"
echo nonsense >> "$conf/wfd.conf"
init 100 wfd configtest
says '^/etc/postern/wfd.conf:[0-9]+: '
init 100 wfd reload
init 100 wfd restart
expect_page www -b "$(jar_of alice)"
sed -i '$d' "$conf/wfd.conf"
run 2 /etc/init.d/postern-wfd dance
says '^usage: '

# stop, twice; a pid file that a crash left does not count.
for daemon in redird wfd authd; do
  init 0 $daemon stop
  init 3 $daemon status
  init 0 $daemon stop
  [ ! -e "/proc/$MACHINE/root/run/postern/$daemon.pid" ] || fail "$daemon leaves its pid file"
done
init 7 wfd reload
echo $$ > "/proc/$MACHINE/root/run/postern/redird.pid"
init 1 redird status
init 0 redird start
init 0 redird stop

# The command line.
for daemon in redird wfd authd; do
  run 0 $daemon -V
  says "^postern $daemon [0-9.]+$"
  says "^OpenSSL 3"
  run 0 $daemon -n
  run 100 $daemon --no-such-option
  run 100 $daemon -c /etc/postern/none.conf
done

# -f: stays, logs to stderr as well, and TERM ends it with 0.
here redird -f < /dev/null > "$LAB/out" 2>&1 &
foreground=$!
wait_for 5 grep -q 'event=start version=' "$LAB/out" || fail "-f says nothing: $(cat "$LAB/out")"
expect_status 301 "http://www.$DOMAIN/"
says 'event=start'
wait_for 5 grep -q 'event=request .* status=301' "$LAB/out" || fail "-f does not show a request: $(cat "$LAB/out")"
kill -TERM "$(daemon_pid redird)"
status=0
wait $foreground || status=$?
[ $status = 0 ] || fail "-f ends with $status after TERM"

# What the system refuses: a port that is taken, a log socket that is not there.
here python3 -c 'import socket, time
s = socket.create_server(("0.0.0.0", 80)); print("ready", flush=True); time.sleep(60)' > "$LAB/taken" &
taken=$!
wait_for 5 grep -q ready "$LAB/taken"
run 111 redird
says '80'
kill $taken
wait $taken || :
[ ! -e "/proc/$MACHINE/root/run/postern/redird.pid" ] || fail "a start that failed leaves a pid file"

# Uninstalling leaves the site's own, and nothing else.
run 0 make -s uninstall
after=$(cd "$LAB/machine" && find etc usr-local ! -type d | sort)
left=$(comm -13 <(sort <<< "$before") <(grep -v '^etc/postern/' <<< "$after") |
  grep -vE '^etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^etc/\.pwd\.lock$' || :)
[ -z "$left" ] || fail "left after uninstall: $left"
[ -s "$conf/wfd.conf" ] || fail "uninstall took the configuration away"

# For packages: nothing outside DESTDIR, and other places by PREFIX.
run 0 make -s install DESTDIR="$LAB/package" PREFIX=/opt/postern
outside=$(cd "$LAB/package" && find . -type f | grep -vE '^\./(opt/postern/|etc/(postern|init\.d)/)' || :)
[ -z "$outside" ] || fail "outside its places: $outside"
grep -rl /usr/local "$LAB/package/etc/init.d" "$LAB/package/opt/postern/lib" > "$LAB/out" || :
[ ! -s "$LAB/out" ] || fail "PREFIX is not in: $(cat "$LAB/out")"
run 0 make -s uninstall DESTDIR="$LAB/package" PREFIX=/opt/postern
left=$(cd "$LAB/package" && find . -type f | grep -v '^\./etc/postern/' || :)
[ -z "$left" ] || fail "left in DESTDIR: $left"

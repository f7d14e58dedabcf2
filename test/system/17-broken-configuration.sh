#!/usr/bin/env bash
# A configuration that cannot work stops the start: exit 100, FILE:LINE and what is
# allowed, and nothing is left running.  -n says the same without starting anything.
. "$(dirname "$0")/lab.sh"
lab_up
gate_keys
gate_jails
gate_configure
for daemon in redird wfd authd; do
  in_bastion "$BIN/$daemon" -n -c "$LAB/$daemon.conf" > "$LAB/out" 2>&1 || fail "$daemon -n refuses a good file: $(cat "$LAB/out")"
done

# broken DAEMON SECTION LINE: with that line at the end of that section, -n and a start
# both refuse, and name the file and the line.
broken() {
  local daemon=$1 section=$2 text=$3 file=$LAB/broken.conf number flag status
  awk -v section="[$section]" -v text="$text" '
    { print }
    $0 == section { print text; done = 1 }
    END { if (!done) { print section; print text } }' "$LAB/$daemon.conf" > "$file"
  expect_refusal "$daemon" "$file" "$(grep -nxF -- "$text" "$file" | tail -1 | cut -d: -f1)" "[$section] $text"
}

expect_refusal() {  # DAEMON FILE LINE WHAT
  local daemon=$1 file=$2 number=$3 flag status
  for flag in -n ""; do
    status=0
    in_bastion timeout 10 "$BIN/$daemon" $flag -c "$file" > "$LAB/out" 2>&1 || status=$?
    [ $status = 100 ] || fail "$daemon $flag with $4: exit $status: $(cat "$LAB/out")"
    grep -qE "^$file:$number: .{10,}" "$LAB/out" || fail "$daemon $flag with $4 does not name line $number: $(cat "$LAB/out")"
  done
  [ ! -e "$LAB/run/$daemon.pid" ] || fail "$4: a pid file"
  [ "$(ip netns pids "$(namespace bastion)" | xargs)" = "$SYSLOG_PID" ] || fail "$4: something runs: $(ps ax)"
}

unknown_section() {  # DAEMON
  local file=$LAB/broken.conf
  { cat "$LAB/$1.conf"; printf '[nonsense]\nkey = value\n'; } > "$file"
  expect_refusal "$1" "$file" "$(grep -nxF '[nonsense]' "$file" | cut -d: -f1)" "an unknown section"
}

# replaced DAEMON KEY VALUE: with another value in the place of the good one.
replaced() {
  local daemon=$1 key=$2 value=$3 file=$LAB/broken.conf
  sed "s|^$key = .*|$key = $value|" "$LAB/$daemon.conf" > "$file"
  expect_refusal "$daemon" "$file" "$(grep -nxF -- "$key = $value" "$file" | head -1 | cut -d: -f1)" "$key = $value"
}

for daemon in redird wfd authd; do
  unknown_section $daemon
  broken $daemon process "no_such_key = 1"
  broken $daemon process "no equals sign here"
  broken $daemon log "on_failure = maybe"
  broken $daemon process "uid_base = 61000"
  replaced $daemon uid_base minus
  replaced $daemon chroot "$LAB/no-such-jail"
  replaced $daemon pidfile ""
done

# A jail holds what belongs there, and nothing else.
pages=$LAB/jail/wfd/worker/pages
line=$(grep -nF 'chroot = ' "$LAB/wfd.conf" | head -1 | cut -d: -f1)
echo '<p>' > "$pages/extra.html"
expect_refusal wfd "$LAB/wfd.conf" "$line" "an unexpected file among the pages"
rm "$pages/extra.html"
mv "$pages/login.html" "$LAB/login.html"
expect_refusal wfd "$LAB/wfd.conf" "$line" "a missing page"
mv "$LAB/login.html" "$pages/login.html"
replaced redird address 300.1.2.3
replaced redird mode sideways
broken redird listen "port = 0"
broken redird listen "port = 70000"
broken redird isolation "connections_per_worker = many"
replaced wfd networks 10.1.0.1/16
replaced wfd networks fd00:1::1/64
replaced wfd networks 10.1.0.0/33
replaced wfd networks "10.1.0.0/16,,"
replaced wfd certificate "$LAB/certs/none.pem"
replaced wfd key "$LAB/certs/intranet.key"
replaced wfd key "$LAB/certs/gate.pem"
replaced wfd ca_file "$LAB/users"
replaced wfd host "login.other.example"
broken wfd intranet "https_timeout = 2"
broken wfd intranet "https_timeout = -2s"
broken wfd intranet "https_timeout = 2 parsecs"
broken wfd intranet "plain = sometimes"
broken wfd cookie "forward = 1"
# Short enough for its line, but not for authd, which is told of 0.1.0.1 and so on.
broken wfd verify "networks=$(seq -s, -f '::1:%g/128' 1 9),$(seq -s, -f '::2:%g/128' 1 9),::3:1/128"
grep -qF 'at most 255 are allowed' "$LAB/out" || fail "something else was wrong: $(cat "$LAB/out")"
broken wfd hosts "www.$DOMAIN = ftp://10.1.0.10"
broken wfd hosts "www.$DOMAIN = www.other.example"
broken wfd tls "min_version = 1.0"
broken authd session "lifetime = 8"
broken authd session "bind = loosely"
broken authd passcode "totp_window = 1000"
replaced authd domain "corp..example"
replaced authd sealing_key "$LAB/keys/none.key"
replaced authd path /tmp/users.db

# A file that is not there, and one that is a folder.
for file in "$LAB/none.conf" "$LAB/users"; do
  status=0
  in_bastion "$BIN/wfd" -c "$file" > "$LAB/out" 2>&1 || status=$?
  [ $status = 100 ] || fail "$file: exit $status: $(cat "$LAB/out")"
  grep -qF "$file" "$LAB/out" || fail "$file is not named: $(cat "$LAB/out")"
done

# A broken file at a reload: refused, and the old one stays.
gate_start
enroll alice --hotp
login alice
cp "$LAB/wfd.conf" "$LAB/good.conf"
echo "nonsense" >> "$LAB/wfd.conf"
kill -HUP "$(daemon_pid wfd)"
expect_log 'wfd/master.* event=reload version=[^ ]+ result='
expect_page www -b "$(jar_of alice)"
is_gone "$(daemon_pid wfd)" && fail "a broken reload ended wfd"
cp "$LAB/good.conf" "$LAB/wfd.conf"

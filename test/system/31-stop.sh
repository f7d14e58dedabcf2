#!/usr/bin/env bash
# SIGTERM ends a daemon with exit code 0 and all of its roles with it; a role that keeps
# dying is started again and again, but with growing pauses.
. "$(dirname "$0")/lab.sh"
lab_up
gate_keys
gate_jails
gate_configure
firewall redirect

for name in authd wfd redird; do
  spawn bastion "$BIN/$name" -f -c "$LAB/$name.conf" < /dev/null > "$LAB/run/$name.err" 2>&1
  pid=$SPAWNED
  wait_for 15 syslog_has "$name/master.* event=start .*result=ok" || fail "$name does not start"
  roles=$(descendants "$pid" | tr '\n' ' ')
  [ -n "$roles" ] || fail "$name has no roles"
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ $status = 0 ] || fail "$name ends with $status"
  for role in $roles; do
    wait_for 5 is_gone "$role" || fail "role $role of $name is still there"
  done
  expect_log "$name/master.* event=stop version=[^ ]+ result=ok"
done

# The signer dies as soon as it is there, for six seconds.
gate_start
until_then=$(($(milliseconds) + 6000))
deaths=0 last=
while [ "$(milliseconds)" -lt $until_then ]; do
  pid=$(role_pids wfd signer)
  if [ -n "$pid" ] && [ "$pid" != "$last" ]; then
    kill -KILL "$pid"
    last=$pid
    deaths=$((deaths + 1))
  fi
  sleep 0.02  # between two looks
done
note "a signer that keeps dying was started $deaths times in 6 s"
[ $deaths -ge 3 ] || fail "it was not started again: $deaths"
[ $deaths -le 9 ] || fail "the pauses do not grow: $deaths"

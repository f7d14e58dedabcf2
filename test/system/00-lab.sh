#!/usr/bin/env bash
# The lab itself, without the gate: the servers of the intranet answer as the other
# tests expect, the shipped firewall rules bring the client's connections to a local
# listener, and the kernel still knows where they were going.
. "$(dirname "$0")/lab.sh"
lab_up

# inside NAME: curl of the bastion, straight to the server.
inside() {
  curl_in bastion "$1" -o "$LAB/body" -w '%{http_code}' --cacert "$LAB/certs/intranet-ca.pem" \
    --connect-timeout 1 "${@:2}" 2>/dev/null || :
}

expect_inside() {  # STATUS URL
  local family got
  for family in 4 6; do
    got=$(inside $family "$2")
    [ "$got" = "$1" ] || fail "$2 over IPv$family: $got instead of $1"
  done
}

expect_inside 200 https://www.$DOMAIN/
expect_body "This is the page of www.$DOMAIN"
expect_inside 301 http://www.$DOMAIN/
expect_inside 000 https://old.$DOMAIN/
expect_inside 200 http://old.$DOMAIN/
expect_inside 404 https://mixed.$DOMAIN/
expect_inside 200 http://mixed.$DOMAIN/
expect_inside 000 https://silent.$DOMAIN/
expect_inside 200 http://silent.$DOMAIN/
expect_inside 404 https://loop.$DOMAIN/
expect_inside 301 http://loop.$DOMAIN/
expect_inside 000 https://liar.$DOMAIN/
[ "$(upstream_count www)" = 4 ] || fail "the access log of www: $(upstream_log www)"
[ "$(connections_opened)" -gt 20 ] || fail "the counter does not count: $(connections_opened)"

sink_start
sum=$(make_big little 8)
got=$(inside 4 --data-binary "@$LAB/servers/big/root/little" https://sink.$DOMAIN/; cat "$LAB/body")
[ "$got" = "200$((8 << 20)) $sum" ] || fail "the upload sink: $got"

probe_start() {  # MODE ADDRESS PORT
  spawn bastion python3 "$LIB/original_dst.py" "$@" > "$LAB/probe" 2> "$LAB/probe.err"
  probe=$SPAWNED
  wait_for 5 grep -q ready "$LAB/probe" || fail "no probe: $(cat "$LAB/probe.err")"
}

probe_stop() {
  kill "$probe"
  wait_for 5 is_gone "$probe"
}

ask() {  # SOURCE DESTINATION PORT
  in_client python3 -c 'import socket, sys
c = socket.create_connection((sys.argv[2], int(sys.argv[3])), 2, (sys.argv[1], 0))
print(c.makefile().readline(), end="")' "$@"
}

expect_destination() {  # SOURCE DESTINATION PORT
  local got
  got=$(ask "$@")
  [ "$got" = "$*" ] || fail "the kernel says \"$got\" about $*"
}

intercepts() {  # MODE
  local port
  for port in 80 443; do
    probe_start "$1" 0.0.0.0 $port
    expect_destination $CLIENT_4 "${ADDRESS_4[www]}" $port
    expect_destination $OTHER_CLIENT_4 10.1.200.7 $port
    probe_stop
    probe_start "$1" :: $port
    expect_destination $CLIENT_6 "${ADDRESS_6[www]}" $port
    probe_stop
  done
}

before=$(connections_opened)
for kind in nft iptables; do
  for mode in redirect tproxy; do
    firewall $mode $kind
    intercepts $mode
    firewall_off
  done
done
[ "$(connections_opened)" = "$before" ] || fail "an intercepted connection came through"

syslog_send() {
  python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[2].encode(), sys.argv[1])' \
    "$LAB/run/log" "$1"
}
syslog_send "<30>first"
expect_log '^<30>first$'
syslog_stop
syslog_start
syslog_send "<30>second"
expect_log '^<30>second$'
syslog_has '^<30>first$' || fail "a restart of the system log lost a line"

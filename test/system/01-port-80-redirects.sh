#!/usr/bin/env bash
# Port 80 sends everybody to the same host and target on https, over IPv4 and IPv6,
# and nothing of it reaches the intranet.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
opened=$(connections_opened)

# expect_redirect STATUS LOCATION CURL-ARGUMENTS...
expect_redirect() {
  local status=$1 location=$2 tool got
  shift 2
  for tool in browse browse6; do
    got=$($tool -D "$LAB/head" -o "$LAB/body" -w '%{http_code} %header{location}' "$@" || :)
    [ "$got" = "$status $location" ] || fail "$tool $*: $got"
    grep -qi '^cache-control: no-store' "$LAB/head" || fail "$*: may be cached: $(cat "$LAB/head")"
  done
}

target='/a/b;c?d=e%20f&g=%2F'
there=https://www.$DOMAIN$target
expect_redirect 301 "$there" "http://www.$DOMAIN$target"
expect_redirect 301 "$there" -I "http://www.$DOMAIN$target"
expect_redirect 308 "$there" -d a=b "http://www.$DOMAIN$target"
expect_redirect 308 "$there" -X PUT -d a=b "http://www.$DOMAIN$target"
expect_redirect 308 "$there" -X DELETE "http://www.$DOMAIN$target"
expect_redirect 301 "https://$LOGIN_HOST/" "http://$LOGIN_HOST/"
expect_redirect 301 "$there" --request-target "http://www.$DOMAIN$target" "http://www.$DOMAIN/"
expect_redirect 301 "https://not-yet-built.$DOMAIN/" -H "Host: not-yet-built.$DOMAIN" "http://www.$DOMAIN/"

for host in www.evil.example "evil$DOMAIN" "$DOMAIN.evil.example" 10.1.0.10 "[fd00:1::10]" "a b.$DOMAIN" \
  "www.$DOMAIN@evil.example" "www.$DOMAIN/"; do
  expect_status 400 -H "Host: $host" "http://www.$DOMAIN/"
done
expect_status 400 -0 -H "Host:" "http://www.$DOMAIN/"
expect_status 400 -H "Host:" "http://www.$DOMAIN/"

python_in_client <<'END'
import wire
for bad in (b"GET / HTTP/1.1\r\nHost: www.corp.example\r\nHost: www.corp.example\r\n\r\n",
            b"GET / HTTP/1.1\nHost: www.corp.example\n\n",
            b"GET /\x00 HTTP/1.1\r\nHost: www.corp.example\r\n\r\n",
            b"GET http://www.evil.example/ HTTP/1.1\r\nHost: www.evil.example\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
            b"GET /\r\n\r\n"):
    with wire.http("www.corp.example") as c:
        status, head, _ = c.ask(bad)
        assert status == 400, (bad, status)
        assert "location" not in head, (bad, head)
        assert c.closed_within(5), bad
END

expect_log "event=connection id=[0-9a-f]{16} src=$CLIENT_4 sport=[0-9]+ dst=${ADDRESS_4[www]} dport=80"
expect_log "event=request id=[0-9a-f]{16} src=$CLIENT_6 sport=[0-9]+ dst=${ADDRESS_6[www]} dport=80 host=www.$DOMAIN user=- sid=- method=GET .* status=301 "
[ "$(connections_opened)" = "$opened" ] || fail "something reached the intranet"

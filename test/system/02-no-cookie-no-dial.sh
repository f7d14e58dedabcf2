#!/usr/bin/env bash
# Without a valid session nothing is dialled: a person is sent to the login page,
# everything else gets 401, and the intranet sees not one packet.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
opened=$(connections_opened)

# expect_login PATH CURL-ARGUMENTS...: 302 to the login page that knows host and path.
expect_login() {
  local path=$1 tool got
  shift
  for tool in browse browse6; do
    got=$($tool -o "$LAB/body" -w '%{http_code} %header{location}' "$@" || :)
    python3 - "$got" "www.$DOMAIN" "$path" <<'END' || fail "$tool $*: $got"
import sys
from urllib.parse import parse_qsl, urlsplit
status, _, location = sys.argv[1].partition(" ")
url = urlsplit(location)
assert status == "302"
assert (url.scheme, url.netloc, url.path) == ("https", "login.corp.example", "/login")
assert parse_qsl(url.query, strict_parsing=True) == [("host", sys.argv[2]), ("path", sys.argv[3])]
END
  done
}

expect_401() {
  local tool got
  for tool in browse browse6; do
    got=$($tool -o "$LAB/body" -w '%{http_code} %header{www-authenticate}' "$@" || :)
    [ "$got" = "401 Postern login=\"https://$LOGIN_HOST/login\"" ] || fail "$tool $*: $got"
  done
}

url="https://www.$DOMAIN/a/b?c=d%20e&f=g"
expect_login "/a/b?c=d%20e&f=g" "${NAVIGATE[@]}" "$url"
expect_login "/a/b?c=d%20e&f=g" "${NAVIGATE[@]}" -I "$url"
expect_login "/a/b?c=d%20e&f=g" -H "Accept: text/html" "$url"
expect_login / "${NAVIGATE[@]}" "https://www.$DOMAIN/$(printf 'x%.0s' {1..2100})"

forged=$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)
expect_login / "${NAVIGATE[@]}" -b "SessionID=$forged" "https://www.$DOMAIN/"
expect_login / "${NAVIGATE[@]}" -b "SessionID=" "https://www.$DOMAIN/"
expect_login / "${NAVIGATE[@]}" -b "SessionID=../../etc/passwd" "https://www.$DOMAIN/"
expect_login / "${NAVIGATE[@]}" -H "X-Forwarded-For: 10.1.0.1" -H "X-Forwarded-User: alice" \
  -H "Authorization: Basic YWxpY2U6YWxpY2U=" "https://www.$DOMAIN/"

expect_401 "$url"
expect_401 -H "Accept: text/html" -H "X-Requested-With: XMLHttpRequest" "$url"
expect_401 -H "Sec-Fetch-Mode: cors" -H "Sec-Fetch-Dest: empty" -H "Accept: text/html" "$url"
expect_401 -H "Sec-Fetch-Mode: navigate" -H "Sec-Fetch-Dest: iframe" -H "Accept: text/html" "$url"
expect_401 -H "Sec-Fetch-Mode: no-cors" -H "Sec-Fetch-Dest: manifest" "$url"
expect_401 "${NAVIGATE[@]}" -d a=b "$url"
expect_401 -X PUT -d a=b "$url"
expect_401 -X OPTIONS "$url"
expect_401 -b "SessionID=$forged" -X DELETE "$url"

[ "$(connections_opened)" = "$opened" ] || fail "the intranet saw $(($(connections_opened) - opened)) connections"
[ "$(upstream_count www)" = 0 ] || fail "www saw: $(upstream_log www)"
expect_log "event=request id=[0-9a-f]{16} src=$CLIENT_4 .* host=www.$DOMAIN user=- sid=- method=PUT .* status=401 "
! syslog_has "event=dial " || fail "the broker dialled"

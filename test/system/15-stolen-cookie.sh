#!/usr/bin/env bash
# A cookie counts only from the address that logged in: stolen and used elsewhere it
# opens nothing; two users never see each other's session.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
enroll bob --hotp
login alice
login bob www.$DOMAIN / --interface $OTHER_CLIENT_4
value=$(cookie_of alice)
expect_page www -b "SessionID=$value"
opened=$(connections_opened)

# The thief, on another address of the same network, and over IPv6.
thief() { browse --interface $OTHER_CLIENT_4 "$@"; }
BROWSE=thief expect_status 401 -b "SessionID=$value" "https://www.$DOMAIN/"
got=$(thief -o "$LAB/body" -w '%{http_code} %{redirect_url}' "${NAVIGATE[@]}" -b "SessionID=$value" "https://www.$DOMAIN/")
[[ $got =~ ^302\ https://$LOGIN_HOST/login\?host=www.$DOMAIN\&path=%2F\&link=[A-Za-z0-9_-]{22}$ ]] ||
  fail "a good cookie from elsewhere: $got"
BROWSE=thief expect_status 401 -b "SessionID=$value" "https://$LOGIN_HOST/session"
BROWSE=browse6 expect_status 401 -b "SessionID=$value" "https://www.$DOMAIN/"
[ "$(connections_opened)" = "$opened" ] || fail "the thief's request was dialled"
! grep -qF "$value" <<< "$got" || fail "the cookie is in the address"

# What the thief tried did not hurt alice.
expect_page www -b "SessionID=$value"

# bob's session is bob's.
expect_user() {  # TOOL COOKIE USER
  local got
  got=$("$1" -b "SessionID=$2" "https://$LOGIN_HOST/session")
  grep -q "\"user\":\"$3\"" <<< "$got" || fail "the session of $3: $got"
}
expect_user thief "$(cookie_of bob)" bob
expect_user browse "$value" alice

# One connection, two users: the second one gets no connection of the first one's.
python_in_client "$value" <<'END'
import sys, wire
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", cookie=sys.argv[1]))[0] == 200
    assert c.ask(wire.get("www.corp.example"))[0] == 401
    assert c.ask(wire.get("www.corp.example", cookie=sys.argv[1]))[0] == 200
END

#!/usr/bin/env bash
# A session that was made over IPv4 goes on over IPv6, and at another IPv4 address, after
# one passcode each time.  Neither a stolen cookie nor a stolen handle is worth anything
# alone, and a handle works once.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
enroll bob --hotp
login alice
sid=$(sid_of alice)
jar=$(jar_of alice)
expect_page www -b "$jar"

# go_to TOOL JAR: a person goes to a page; prints the handle that he is sent away with.
go_to() {
  local answer
  answer=$("$1" -o "$LAB/body" -w '%{http_code} %{redirect_url}' "${NAVIGATE[@]}" -b "$2" "https://www.$DOMAIN/a?b=c")
  [[ $answer =~ ^302\ https://$LOGIN_HOST/login\?host=www.$DOMAIN\&path=%2Fa%3Fb%3Dc\&link=([A-Za-z0-9_-]{22})$ ]] ||
    fail "$1 at a new address: $answer"
  echo "${BASH_REMATCH[1]}"
}
# link TOOL JAR HANDLE PASSCODE: posts the form of the page; prints "STATUS LOCATION".
link() {
  printf '%s' "$4" > "$LAB/passcode"
  "$1" -o "$LAB/body" -D "$LAB/head" -w '%{http_code} %{redirect_url}' -H "Origin: https://$LOGIN_HOST" \
    -b "$2" ${5:+-c "$5"} --data-urlencode "passcode@$LAB/passcode" --data-urlencode "link=$3" \
    --data-urlencode "host=www.$DOMAIN" --data-urlencode "path=/a?b=c" "https://$LOGIN_HOST/login" || :
}
expect_no() {  # WHAT ANSWER
  [ "$2" = "403 " ] || fail "$1: $2"
  ! grep -qi '^set-cookie: SessionID=[^;]' "$LAB/head" || fail "$1: and a cookie"
}
other4() { browse --interface $OTHER_CLIENT_4 "$@"; }
other6() { browse6 --interface $OTHER_CLIENT_6 "$@"; }

# The page says which address, and asks for one passcode; over IPv4, too, if the browser
# reaches the login host that way.
handle=$(go_to browse6 "$jar")
for tool in browse6 browse; do
  BROWSE=$tool expect_status 200 "${NAVIGATE[@]}" -b "$jar" "https://$LOGIN_HOST/login?host=www.$DOMAIN&path=%2Fa%3Fb%3Dc&link=$handle"
  expect_body "$CLIENT_6"
  expect_body 'name="passcode"'
  ! grep -q 'name="pin"' "$LAB/body" || fail "a PIN is asked for"
done

# What a thief has is not enough: the cookie without the token, a handle without the
# cookie, one of his own, or from where he is.
code=$(passcode alice)
expect_no "no cookie" "$(link browse6 /dev/null "$handle" "$code")"
login bob www.$DOMAIN / --interface $OTHER_CLIENT_4
expect_no "another session's cookie" "$(link browse6 "$(jar_of bob)" "$handle" "$code")"
expect_no "a third address" "$(link other6 "$jar" "$handle" "$code")"
expect_no "a made-up handle" "$(link browse6 "$jar" AAAAAAAAAAAAAAAAAAAAAA "$code")"
expect_page www -b "$jar"
expect_log "event=login id=[0-9a-f]{16} user=- src=$OTHER_CLIENT_6 result=fail reason=no-link"

# One passcode, and both families work; the old cookie does not.  Meanwhile the page that
# was open learns within a second that its cookie has changed.
old=$(cookie_of alice)
python_in_client "$old" > "$LAB/run/open.out" 2> "$LAB/run/open.err" <<'END' &
import sys, time, wire
with wire.https("www.corp.example") as c:
    assert c.ask(wire.get("www.corp.example", cookie=sys.argv[1]))[0] == 200
    print("open", flush=True)
    status = 200
    while status == 200:
        time.sleep(0.05)  # between two looks
        try:
            status = c.ask(wire.get("www.corp.example", cookie=sys.argv[1]))[0]
        except (wire.Closed, BrokenPipeError):
            status = 0
    print("ended", flush=True)
END
open=$!
wait_for 5 grep -q open "$LAB/run/open.out" || fail "no page is open: $(cat "$LAB/run/open.err")"
answer=$(link browse6 "$jar" "$handle" "$code" "$jar")
[ "$answer" = "303 https://www.$DOMAIN/a?b=c" ] || fail "the right passcode: $answer: $(cat "$LAB/body")"
from=$(milliseconds)
wait "$open"
took=$(($(milliseconds) - from))
grep -q ended "$LAB/run/open.out" || fail "the open page: $(cat "$LAB/run/open.err")"
[ $took -lt 1000 ] || fail "the old cookie was good for $took ms more"
note "the old cookie was good for $took ms more, on an open connection"
[ "$(cookie_of alice)" != "$old" ] || fail "the cookie is the same"
expect_page www -b "$jar"
BROWSE=browse6 expect_page www -b "$jar"
expect_status 401 -b "SessionID=$old" "https://www.$DOMAIN/"
[ "$(sid_of alice)" = "$sid" ] || fail "it is another session"
expect_log "event=login id=[0-9a-f]{16} user=alice src=$CLIENT_6 result=ok reason=link"
expect_log "event=link sid=$sid user=alice address=$CLIENT_6"
expect_no "a handle once more" "$(link browse6 "$jar" "$handle" "$(passcode alice)")"

# At another IPv4 address: that one takes the place of the first.  A wrong passcode can be
# tried again, and is told of afterwards.
handle=$(go_to other4 "$jar")
expect_no "his one IPv4 address, given away from there" "$(link browse "$jar" "$handle" "$(passcode alice)")"
expect_no "a passcode of another user" "$(link other4 "$jar" "$handle" "$(passcode bob)")"
expect_body "$OTHER_CLIENT_4"
expect_body "$handle"
expect_log "event=login id=[0-9a-f]{16} user=alice src=$OTHER_CLIENT_4 result=fail reason=wrong-passcode"
answer=$(link other4 "$jar" "$handle" "$(passcode alice)" "$jar")
[ "$answer" = "200 " ] || fail "another IPv4 address: $answer"
expect_body "1 failed login"
BROWSE=other4 expect_page www -b "$jar"
BROWSE=browse6 expect_page www -b "$jar"
expect_status 401 -b "$jar" "https://www.$DOMAIN/"
[ "$(sid_of alice)" = "$sid" ] || fail "it is another session"

# The new cookie and both addresses outlive authd.
daemon_stop authd
daemon_start authd
is_in() { [ "$(BROWSE=$1 status_of -m 5 -b "$jar" "https://www.$DOMAIN/" 2>/dev/null)" = 200 ]; }
for tool in other4 browse6; do wait_for 15 is_in $tool || fail "$tool is out after a new start"; done

# With bind=none there is nothing to ask.
setting authd session bind none
write_conf authd
kill -HUP "$(daemon_pid authd)"
wait_for 5 is_in browse || fail "bind=none: out at another address"

# A new login ends the session that the browser had; at sessions_per_user=2 it costs no
# other one.
login_again() {  # JAR TOOL
  printf '%s' "$(pin_of alice)" > "$LAB/pin"
  printf '%s' "$(passcode alice)" > "$LAB/passcode"
  "$2" -o "$LAB/body" -w '%{http_code}' -H "Origin: https://$LOGIN_HOST" -b "$1" -c "$1" --data-urlencode "user=alice" \
    --data-urlencode "pin@$LAB/pin" --data-urlencode "passcode@$LAB/passcode" "https://$LOGIN_HOST/login"
}
former=$(cookie_of alice)
login_again "$jar" other4 > "$LAB/status"
grep -qE '^(303|200)$' "$LAB/status" || fail "a login with a session: $(cat "$LAB/status")"
[ "$(cookie_of alice)" != "$former" ] || fail "no new cookie"
BROWSE=other4 expect_page www -b "$jar"
BROWSE=other4 expect_status 401 -b "SessionID=$former" "https://www.$DOMAIN/"
expect_log "event=revoke sid=$sid user=alice by=login"
[ "$(ctl session list --user alice | grep -c .)" -ge 1 ] || fail "alice has no session"

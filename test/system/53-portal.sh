#!/usr/bin/env bash
# The portal: a user sees his live sessions, which one is this, from where each is used,
# and what happened since his last login; he ends one, or all others, and what goes on in
# them ends within a second.  Nobody does that for him.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
enroll bob --hotp

# login_as JAR TOOL USER: a session of its own, in a jar of its own.
login_as() {
  local answer
  answer=$(BROWSE=$2 login_form "$3" "$(pin_of "$3")" "$(passcode "$3")" -c "$LAB/$1")
  [[ $answer = 303\ * || $answer = 200\ * ]] || fail "login of $3: $answer"
}
other() { browse --interface $OTHER_CLIENT_4 "$@"; }
sid_in() { # JAR TOOL
  "$2" -b "$LAB/$1" "https://$LOGIN_HOST/session" | sed -E 's/.*"sid":"([^"]*)".*/\1/'
}
portal() { BROWSE=$2 expect_status 200 "${NAVIGATE[@]}" -b "$LAB/$1" "https://$LOGIN_HOST/"; }
post() {  # JAR TOOL BODY [CURL-ARGUMENTS...]: prints "STATUS LOCATION"
  local jar=$1 tool=$2 body=$3
  shift 3
  "$tool" -o "$LAB/body" -w '%{http_code} %{redirect_url}' -b "$LAB/$jar" --data "$body" "$@" "https://$LOGIN_HOST/sessions/end"
}
ours=(-H "Origin: https://$LOGIN_HOST")
is_over() { [ "$("$2" -o /dev/null -w '%{http_code}' -b "$LAB/$1" "https://$LOGIN_HOST/session")" = 401 ]; }

login_as home browse alice
login_form alice 0000 111111 > "$LAB/status"
[ "$(cat "$LAB/status")" = "403 " ] || fail "a wrong login: $(cat "$LAB/status")"
login_as office other alice
login_as third browse6 alice
login_as bob browse bob
home=$(sid_in home browse) office=$(sid_in office other) third=$(sid_in third browse6) bob=$(sid_in bob browse)

# All of his, with addresses, and nobody else's.
portal office other
for part in "$home" "$office" "$third" "$CLIENT_4" "$OTHER_CLIENT_4" "$CLIENT_6" "1 failed login"; do expect_body "$part"; done
! grep -q "$bob" "$LAB/body" || fail "the session of bob is shown"
[ "$(grep -c "name=\"sid\"" "$LAB/body")" = 2 ] || fail "not two sessions to be ended: $(cat "$LAB/body")"

# Another site, a stolen cookie, another user, and a link do nothing.
[ "$(post office other "sid=$home" -H "Origin: https://www.$DOMAIN")" = "403 " ] || fail "a form of another site"
[ "$(post office other "sid=$home" -H "Sec-Fetch-Site: same-site")" = "403 " ] || fail "a form of another site, without Origin"
[ "$(post office browse "sid=$home" "${ours[@]}")" = "401 " ] || fail "the cookie at another address"
[ "$(post bob browse "sid=$home" "${ours[@]}")" = "303 https://$LOGIN_HOST/" ] || fail "a session of somebody else"
BROWSE=other expect_status 405 -b "$LAB/office" "https://$LOGIN_HOST/sessions/end?sid=$home"
for tool in "home browse" "office other" "third browse6"; do ! is_over $tool || fail "$tool is over"; done

# One, while it does something: that ends, too.
value=$(awk '$6 == "SessionID" { print $7 }' "$LAB/home")
truncate -s 1G "$LAB/servers/big/root/large"
chmod 644 "$LAB/servers/big/root/large"
browse --limit-rate 4M -m 50 -o /dev/null -b "SessionID=$value" "https://big.$DOMAIN/large" 2> "$LAB/run/load.err" &
wait_for 10 syslog_has "event=dial .* dst=${ADDRESS_4[big]}" || fail "no download: $(cat "$LAB/run/load.err")"
[ "$(post office other "sid=$home" "${ours[@]}")" = "303 https://$LOGIN_HOST/" ] || fail "ending a session: $(cat "$LAB/body")"
from=$(milliseconds)
wait_for 5 syslog_has "event=request .* host=big.$DOMAIN user=alice sid=$home .* target=/large" ||
  fail "the download of an ended session goes on"
took=$(($(milliseconds) - from))
note "the download of the session ended $took ms after it"
[ $took -lt 1000 ] || fail "that is too late"
wait $! && fail "the download came to its end"
is_over home browse || fail "the session at home is not over"
! is_over third browse6 || fail "another one is over"
expect_log "event=logout sid=$home user=alice by=portal"
portal office other
! grep -q "$home" "$LAB/body" || fail "it is still in the list"

# All others.
[ "$(post office other "others=yes" "${ours[@]}")" = "303 https://$LOGIN_HOST/" ] || fail "ending the others"
is_over third browse6 || fail "the third session is not over"
! is_over office other || fail "this one is over"
! is_over bob browse || fail "bob's session is over"
expect_log "event=logout sid=$third user=alice by=portal"
portal office other
! grep -q 'name="sid"' "$LAB/body" || fail "there is still something to end"

# His own is a logout.
BROWSE=other expect_status 200 -b "$LAB/office" --data "sid=$office" "${ours[@]}" "https://$LOGIN_HOST/sessions/end"
is_over office other || fail "his own session is not over"
expect_log "event=logout sid=$office user=alice by=user"

# After the next login he is told of the logouts, and when the last one was.
login_as home browse alice
portal home browse
expect_body "3 logouts"

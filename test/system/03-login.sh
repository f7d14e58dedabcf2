#!/usr/bin/env bash
# One login opens the page that was wanted; a passcode works once; whatever is wrong
# with a login, the answer is the same; logging out ends it.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice
enroll bob --hotp
enroll carol --hotp
jar=$(jar_of alice)

# The form.
expect_status 200 "${NAVIGATE[@]}" -D "$LAB/head" "https://$LOGIN_HOST/login?host=www.$DOMAIN&path=%2Fheaders"
for field in user pin passcode host path; do
  grep -qE "name=\"?$field\"?" "$LAB/body" || fail "the form has no field $field"
done
grep -qi '^content-security-policy: .*form-action' "$LAB/head" || fail "no policy: $(cat "$LAB/head")"
grep -qi "^content-security-policy: .*frame-ancestors 'none'" "$LAB/head" || fail "may be framed"
grep -qi '^referrer-policy: same-origin' "$LAB/head" || fail "no referrer policy"
grep -qi '^strict-transport-security: ' "$LAB/head" || fail "no HSTS"

# Login, cookie, page.
code=$(passcode alice)
answer=$(login_form alice "$(pin_of alice)" "$code" -c "$jar" -d host=www.$DOMAIN --data-urlencode "path=/headers?a=b")
[ "$answer" = "303 https://www.$DOMAIN/headers?a=b" ] || fail "login: $answer $(cat "$LAB/body")"
cookie=$(grep -i '^set-cookie: SessionID=' "$LAB/head" | tr -d '\r' | sed 's/^[^:]*: //')
[[ "$cookie" =~ ^SessionID=[A-Za-z0-9_-]{43}(; (Domain=$DOMAIN|Path=/|Secure|HttpOnly|SameSite=Lax)){5}$ ]] ||
  fail "the cookie: $cookie"
expect_page www -b "$jar"
expect_status 200 -b "$jar" "https://www.$DOMAIN/headers"
! grep -q "$(cookie_of alice)" "$LAB/body" || fail "our cookie reached the server: $(cat "$LAB/body")"
! grep -q "$(cookie_of alice)" "$LAB/servers/www/access.log" || fail "our cookie reached the server"
expect_status 200 -b "$jar" "https://$LOGIN_HOST/session"
expect_body '"user":"alice"'
expect_status 200 -b "$jar" "https://$LOGIN_HOST/"
expect_body alice

# The same passcode again, with everything else right.
refused=$(login_form alice "$(pin_of alice)" "$code" -d host=www.$DOMAIN -d path=/)
[ "${refused%% *}" = 403 ] || fail "a spent passcode: $refused"
expect_page www -b "$jar"

# Two cookies of that name count as none, even equal ones.
value=$(cookie_of alice)
expect_status 302 "${NAVIGATE[@]}" -H "Cookie: SessionID=$value; SessionID=$value" "https://www.$DOMAIN/"
expect_status 200 "${NAVIGATE[@]}" -H "Cookie: a=b; SessionID=$value; c=d" "https://www.$DOMAIN/headers"
expect_body 'cookie=a=b; c=d '

# The answer to everything that is wrong, without what differs by nature.
refusal() {  # USER PIN PASSCODE
  local answer
  answer=$(login_form "$@" -d host=www.$DOMAIN -d path=/)
  echo "$answer"
  grep -viE '^(date|content-length|x-request-id):' "$LAB/head" | sed -E 's/[0-9a-f]{16}/ID/g'
  sed -E "s/\b$1\b/USER/g; s/[0-9a-f]{16}/ID/g" "$LAB/body"
}
refusal bob 00000000 "$(passcode bob)" > "$LAB/wrong-pin"
refusal carol "$(pin_of carol)" 000000 > "$LAB/wrong-passcode"
refusal mallory "$(pin_of bob)" 123456 > "$LAB/unknown-user"
grep -q '^403 ' "$LAB/wrong-pin" || fail "a wrong PIN: $(head -1 "$LAB/wrong-pin")"
diff "$LAB/wrong-pin" "$LAB/wrong-passcode" || fail "a wrong passcode answers otherwise than a wrong PIN"
diff "$LAB/wrong-pin" "$LAB/unknown-user" || fail "an unknown user answers otherwise than a wrong PIN"
! grep -qi '^set-cookie: SessionID=[A-Za-z0-9_-]' "$LAB"/wrong-* "$LAB/unknown-user" || fail "a refusal sets a cookie"

# R5: a right passcode is spent, even when the PIN was wrong.
code=$(passcode bob)
login_form bob 00000000 "$code" > /dev/null
answer=$(login_form bob "$(pin_of bob)" "$code" -d host=www.$DOMAIN -d path=/)
[ "${answer%% *}" = 403 ] || fail "the passcode of a failed login: $answer"

# A form from elsewhere counts for nothing.
for origin in https://evil.example https://www.$DOMAIN null; do
  got=$(status_of -H "Origin: $origin" -d user=bob -d pin=1 -d passcode=2 "https://$LOGIN_HOST/login")
  [ "$got" = 403 ] || fail "a form from $origin: $got"
done
expect_status 403 -H "Sec-Fetch-Site: cross-site" -d user=bob "https://$LOGIN_HOST/login"
expect_status 403 -b "$jar" -H "Origin: https://www.$DOMAIN" -d x=y "https://$LOGIN_HOST/logout"
expect_status 405 -X DELETE "https://$LOGIN_HOST/login"
expect_status 404 "https://$LOGIN_HOST/nothing-here"
expect_page www -b "$jar"

# Logging out.
answer=$(browse -b "$jar" -o "$LAB/body" -D "$LAB/head" -w '%{http_code}' -H "Origin: https://$LOGIN_HOST" \
  -d logout=yes "https://$LOGIN_HOST/logout")
[[ "$answer" = 200 || "$answer" = 303 ]] || fail "logout: $answer"
grep -qi '^set-cookie: SessionID=;' "$LAB/head" || fail "the cookie stays: $(cat "$LAB/head")"
expect_status 302 "${NAVIGATE[@]}" -b "SessionID=$value" "https://www.$DOMAIN/"
expect_status 401 -b "SessionID=$value" "https://$LOGIN_HOST/session"

expect_log "event=login id=[0-9a-f]{16} user=alice src=$CLIENT_4 result=ok reason="
expect_log "event=login id=[0-9a-f]{16} user=bob src=$CLIENT_4 result=fail reason="
expect_log "event=logout sid=[^ ]+ user=alice by="

#!/usr/bin/env bash
# The gate's pages come in the language that a request asks for, errors of hosts behind the
# gate included; programs are answered in English.  A site adds a language, or changes a
# page, with files alone, and keeps them at an update.  A file that is wrong stops a start,
# and a reload, with the reason.
. "$(dirname "$0")/lab.sh"
lab_up
pages=$LAB/jail/wfd/worker/pages
site=$LAB/site-pages
gate_start
enroll alice --hotp

# expect_language TAG CURL-ARGUMENTS...: of the page that came.
expect_language() {
  local tag=$1
  shift
  browse -D "$LAB/head" -o "$LAB/body" "$@" || fail "no answer: $*"
  grep -qi "^Content-Language: $tag"$'\r$' "$LAB/head" || fail "not in $tag: $*: $(cat "$LAB/head")"
  grep -qi '^Vary: .*Accept-Language' "$LAB/head" || fail "no Vary: $(cat "$LAB/head")"
  expect_body "<html lang=\"$tag\" dir=\"ltr\">"
}
html=(-H "Accept: text/html")
german=("${html[@]}" -H "Accept-Language: de-AT, en;q=0.5")
hello() { expect_language "$1" -H "Accept-Language: $2" "https://$LOGIN_HOST/login"; }
hello en ''
hello en 'nl, fr'
hello de de
hello de 'nl, de-CH;q=0.5, en;q=0.4'
hello en 'de;q=0.5, en'
for bad in 'de;;' 'de;q=7' 'de;q=0.1234' '<script>' "$(printf 'de,%.0s' {1..400})"; do hello en "$bad"; done
login_form alice 1 000000 -H "Accept-Language: de" > "$LAB/out"
[ "$(cat "$LAB/out")" = "403 " ] || fail "a wrong login: $(cat "$LAB/out")"
expect_body 'Das hat nicht geklappt.'
expect_language de "${german[@]}" "https://$LOGIN_HOST/nothing"
expect_body 'Diese Seite gibt es hier nicht.'
expect_language de "${german[@]}" -X POST "https://www.$DOMAIN/"  # nobody's POST: 401
expect_body 'Anmeldung nötig'
jar=$(jar_of alice)
answer=$(login_form alice "$(pin_of alice)" "$(passcode alice)" -c "$jar" -H "Accept-Language: de" -d "host=www.$DOMAIN" -d path=/)
[ "$answer" = "200 " ] || fail "the login: $answer"
expect_body 'Waren Sie das?'
expect_language de "${german[@]}" -b "$jar" "https://gone.$DOMAIN/"
expect_body 'Server nicht erreichbar'
expect_language de "${german[@]}" -b "$jar" "https://$LOGIN_HOST/"
expect_body 'Hallo, alice'
for type in text/plain application/json application/problem+json '*/*'; do
  expect_status 502 -b "$jar" -H "Accept: $type" -H "Accept-Language: de" "https://gone.$DOMAIN/"
  expect_body 'Server not reachable'
done

# A language of the site's own, and a page: files that an update does not take away.
reload() {  # RESULT: a pattern
  local before
  before=$(reloads "$1")
  kill -HUP "$(daemon_pid wfd)"
  told() { [ "$(reloads "$1")" -gt "$before" ]; }
  wait_for 15 told "$1" || fail "no reload with $1: $(grep reload "$LAB/syslog")"
}
reloads() { syslog_count "wfd/master.* event=reload version=[^ ]* result=$1"; }
make_jails() { "$ROOT/etc/make-jails.sh" -s "$ROOT/chroot-skel" "$@" "$LAB/jail" $UID_BASE > "$LAB/out" 2>&1; }
mkdir -p "$site/static"
sed 's/^login.title = .*/login.title = Přihlášení/' "$ROOT/chroot-skel/wfd/worker/pages/texts.en" > "$site/texts.cs"
sed 's/Postern/Corp/' "$ROOT/chroot-skel/wfd/worker/pages/login.html" > "$site/login.html"
echo 'body { color: #123; }' > "$site/static/corp.css"
make_jails -p "$site" || fail "make-jails.sh: $(cat "$LAB/out")"
make_jails -p "$site" || fail "make-jails.sh, again: $(cat "$LAB/out")"
reload ok
hello cs 'cs-CZ, de'
expect_body '<h1>Přihlášení</h1>'
expect_body 'Corp</header>'
hello de de
expect_status 200 "https://$LOGIN_HOST/static/corp.css"
ln -s /etc/passwd "$site/texts.fr"
if make_jails -p "$site"; then fail "a link is taken for a page"; fi
rm "$site/texts.fr"
make_jails -p "$site" || fail "make-jails.sh, without the link: $(cat "$LAB/out")"
install -m 644 /dev/null "$pages/static/left.css"
make_jails -p "$site" || fail "make-jails.sh, over what was left: $(cat "$LAB/out")"
[ ! -e "$pages/static/left.css" ] || fail "what nobody has any more is still there"

# The installed script takes them from where a site keeps them.
mkdir "$LAB/share"
cp -r "$ROOT/etc/make-jails.sh" "$ROOT/chroot-skel" "$LAB/share"
unshare -m sh -ec 'mount -t tmpfs none /etc; mkdir /etc/postern; cp -r "$1" /etc/postern/pages; "$2/make-jails.sh" "$2/jail" "$3"' \
  - "$site" "$LAB/share" $UID_BASE > "$LAB/out" 2>&1 || fail "make-jails.sh, installed: $(cat "$LAB/out")"
cmp "$site/texts.cs" "$LAB/share/jail/wfd/worker/pages/texts.cs" || fail "the installed script leaves /etc/postern/pages out"

# refused WORDS: a reload and a start are, with these words, and the old pages stay.
refused() {
  local status=0
  reload '"'
  hello cs cs  # nothing has changed
  "$BIN/wfd" -n -c "$LAB/wfd.conf" > "$LAB/out" 2>&1 || status=$?
  [ $status = 100 ] || fail "wfd -n: $status"
  grep -qF -- "$1" "$LAB/out" || fail "not \"$1\": $(cat "$LAB/out")"
}
cp "$pages/texts.cs" "$LAB/good"
spoil() { sed "$1" "$LAB/good" > "$pages/texts.cs"; }
spoil '/^portal.hello/d' && refused 'pages: texts.cs: cannot take texts: there is no portal.hello'
spoil 's/Hello, {{user}}/Hello/' && refused 'texts.cs: cannot take texts: portal.hello has not the places'
spoil '3s/.*/nonsense/' && refused 'texts.cs: line 3: cannot read text: not KEY = TEXT'
cp "$LAB/good" "$pages/texts.cs"
mv "$pages/texts.en" "$LAB/en" && refused 'there is no texts.en'
mv "$LAB/en" "$pages/texts.en"
cp "$LAB/good" "$pages/texts.bak.1" && refused 'texts.bak.1 has no place among the pages'
rm "$pages/texts.bak.1"
reload ok

# The language of those who ask for none that there is.
setting wfd login language cs
gate_configure
reload ok
hello cs 'nl'
hello de 'nl, de;q=0.1'
setting wfd login language fr
gate_configure
refused 'there is no texts.fr, the [login] language'

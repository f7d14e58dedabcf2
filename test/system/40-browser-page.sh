#!/usr/bin/env bash
# A real browser uses an application behind the gate that knows nothing of https: its
# images, its script with an absolute http:// address, its form and the redirect after it,
# fetch() and EventSource work; the gate's own cookie is not to be seen.
. "$(dirname "$0")/lab.sh"
command -v chromedriver > /dev/null || skip "no chromedriver"
name_host app 66
lab_up
spawn intranet python3 "$LIB/app.py" "$LAB/certs/intranet.pem" "$LAB/certs/intranet.key" "${ADDRESS_4[app]}" \
  > "$LAB/run/app.out" 2> "$LAB/run/app.err"
wait_for 10 grep -q ready "$LAB/run/app.out"
echo 'window.far = 1;' > "$LAB/servers/www/root/far.js"
echo '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"/>' > "$LAB/servers/www/root/pixel.svg"
sed -i '/default_type/a types { text/html html; text/javascript js; image/svg+xml svg; }' "$LAB/servers/www/nginx.conf"
kill -HUP "$(cat "$LAB/servers/www/pid")"
gate_start
enroll alice
passcode alice > "$LAB/code"
mkdir -p "$ROOT/build/screenshots"

PIN=$(pin_of alice) SHOTS=$ROOT/build/screenshots python_in_client <<'END'
import os, webdriver
with open(os.environ["LAB"] + "/code") as file:
    code = file.read().strip()


def natural_width(b, name):
    return b.script("return document.getElementById(arguments[0]).naturalWidth", name)


def same(got, want, what):
    assert got == want, f"{what}: {got!r} instead of {want!r}"


with webdriver.Browser(os.environ["LAB"] + "/profile") as b:
    b.go("https://app.corp.example/")
    for name, value in (("user", "alice"), ("pin", os.environ["PIN"]), ("passcode", code)):
        b.find(f"input[name={name}]").type(value)
    b.follow(b.find("form [type=submit]"))
    b.wait_url("https://app.corp.example/")
    results = lambda: b.script("return results")
    b.wait_until(lambda: len(results()["events"]) == 3 and {"get", "post", "missing"} <= set(results()), "not all came")
    same(results(), {"events": ["1", "2", "3"], "get": "got", "post": "100000", "missing": 404}, "what scripts got")
    same(b.script("return [window.near, window.far]"), [1, 1], "the scripts, near and http://")
    same([natural_width(b, "near"), natural_width(b, "far")], [20, 20], "the images, near and http://")
    same(b.script("return getComputedStyle(document.querySelector('h1')).color"), "rgb(1, 2, 3)", "the style")
    same(b.script("return document.cookie"), "app=1", "the cookies that a script sees")
    same(b.script("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('https:')).length"), 0,
         "what was loaded without TLS")
    b.screenshot(os.environ["SHOTS"] + "/40-page.png")
    b.find("input[name=text]").type("a b")
    b.follow(b.find("form [type=submit]"))
    same(b.url, "https://app.corp.example/done?text=a+b", "the address after the form")
    assert "cookie: app=1; form=a%20b" in b.source, b.source
    secure = {c["name"]: c["secure"] for c in b.cookies()}
    same(secure, {"app": True, "form": True, "SessionID": True}, "the cookies and whether they are Secure")
END
[ "$(upstream_count www '^443 .*GET /far.js ')" = 1 ] || fail "the script came from elsewhere: $(upstream_log www)"

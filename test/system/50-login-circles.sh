#!/usr/bin/env bash
# A real browser that does not keep or bring our cookies is told so, in words, instead of
# being sent to and fro: one that blocks all cookies, one that brings them to the login
# host only, and one that has lost the session's.  No passcode is spent in vain.
. "$(dirname "$0")/lab.sh"
command -v chromedriver > /dev/null || skip "no chromedriver"
lab_up
gate_start
enroll alice --hotp
for _ in 1 2 3; do passcode alice; done > "$LAB/codes"
mkdir -p "$ROOT/build/screenshots"

PIN=$(pin_of alice) SHOTS=$ROOT/build/screenshots python_in_client << 'END'
import os, webdriver

LOGIN, WWW = "https://login.corp.example", "https://www.corp.example"
SHOTS = os.environ["SHOTS"]
with open(os.environ["LAB"] + "/codes") as file:
    codes = file.read().split()
BLOCK = 2  # of Chromium's content settings
ALLOW = 1


def browser(name, **preferences):
    return webdriver.Browser(os.environ["LAB"] + "/profile-" + name, preferences=preferences)


def log_in(b, code):
    for name, value in (("user", "alice"), ("pin", os.environ["PIN"]), ("passcode", code)):
        b.find(f"input[name={name}]").type(value)
    b.follow(b.find("form [type=submit]"))


def expect(b, *texts):
    text = b.script("return document.body.innerText")
    for part in texts:
        assert part in text, f"{b.url}: {text}"



# All cookies blocked: told at the first try, and the passcode is still good (below).
with browser("blocked", **{"profile.default_content_setting_values.cookies": BLOCK,
                           "intl.accept_languages": "de"}) as b:
    b.go(WWW + "/")
    log_in(b, codes[0])
    expect(b, "Ihr Browser schickt keine Cookies zurück", "Ihr Einmalcode wurde nicht verbraucht")
    assert b.url == LOGIN + "/login", b.url
    assert not b.cookies(), b.cookies()
    b.screenshot(SHOTS + "/50-no-cookies.png")

# Cookies at the login host only: logged in, and yet nobody at the other.
only_there = {"https://login.corp.example:443,*": {"setting": ALLOW}}
with browser("partly", **{"profile.default_content_setting_values.cookies": BLOCK,
                          "profile.content_settings.exceptions.cookies": only_there}) as b:
    b.go(WWW + "/")
    log_in(b, codes[0])
    expect(b, "You are logged in, but www.corp.example has sent you back here again and again.",
           "Please allow cookies for corp.example", "Request")
    assert b.url.startswith(LOGIN + "/login?host=www.corp.example"), b.url
    b.screenshot(SHOTS + "/50-circle.png")
    b.go(WWW + "/")
    expect(b, "You are logged in, but www.corp.example has sent you back here")
    assert b.script("return document.querySelector('form')") is None, "a form, to begin anew"
    b.go(LOGIN + "/")
    expect(b, "Hello, alice")

# The session's cookie gone a moment after the login.
with browser("lost") as b:
    b.go(WWW + "/")
    log_in(b, codes[1])
    b.wait_url(WWW + "/")
    b.drop_cookie("SessionID")
    assert not b.cookies(), b.cookies()
    b.go(WWW + "/again")  # not what the browser may have kept
    expect(b, "your browser has not kept the cookie of that session")
    b.screenshot(SHOTS + "/50-cookie-lost.png")
    log_in(b, codes[2])  # it was the only time: all is well again
    b.wait_url(WWW + "/again")
END
[ "$(syslog_count 'event=login .* result=ok')" = 3 ] || fail "not three logins: $(grep event=login "$LAB/syslog")"
! syslog_has 'event=login .* result=fail' || fail "a passcode was tried in vain"
for reason in no-cookies login-loop cookie-lost; do
  expect_log "event=refuse .* status=403 reason=$reason"
done
[ "$(syslog_count 'event=request .* host=www.corp.example .* status=302 ')" -lt 14 ] || fail "the browser went in circles"

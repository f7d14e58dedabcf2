#!/usr/bin/env bash
# A real browser: Chromium wants a page, is sent to the login form, logs in by hand,
# reads the page, moves to another server without a second login, and logs out.
. "$(dirname "$0")/lab.sh"
command -v chromedriver > /dev/null || skip "no chromedriver"
lab_up
gate_start
enroll alice
mkdir -p "$ROOT/build/screenshots"
passcode alice > "$LAB/code"

PIN=$(pin_of alice) SHOTS=$ROOT/build/screenshots python_in_client <<'END'
import os, webdriver
lab, shots = os.environ["LAB"], os.environ["SHOTS"]
with open(lab + "/code") as file:
    code = file.read().strip()

def fill_in(browser, user, pin, passcode):
    for name, value in (("user", user), ("pin", pin), ("passcode", passcode)):
        field = browser.find(f"input[name={name}]")
        field.clear()
        field.type(value)
    browser.follow(browser.find("form [type=submit]"))

with webdriver.Browser(lab + "/profile") as b:
    b.go("http://www.corp.example/?from=here")
    assert b.url.startswith("https://login.corp.example/login?"), b.url
    b.screenshot(shots + "/1-login.png")
    fill_in(b, "alice", "00000000", "000000")
    assert b.find("input[name=passcode]").attribute("value") in ("", None)
    b.screenshot(shots + "/2-refused.png")
    fill_in(b, "alice", os.environ["PIN"], code)
    assert "Was that you?" in b.source, "the failure before is not told"
    b.screenshot(shots + "/3-failures.png")
    b.follow(b.find("a.button"))
    b.wait_url("https://www.corp.example/?from=here")
    assert "This is the page of www.corp.example" in b.source, b.source
    b.screenshot(shots + "/4-page.png")
    assert b.script("return document.cookie") == "", "a script can read the cookie"
    b.go("https://mixed.corp.example/")
    assert "This is the page of mixed.corp.example" in b.source, b.source
    b.go("https://login.corp.example/")
    assert "alice" in b.source, b.source
    b.screenshot(shots + "/5-portal.png")
    b.follow(b.find("form[action$='/logout'] [type=submit]"))
    assert "You are logged out" in b.source, b.source
    b.screenshot(shots + "/6-logged-out.png")
    assert not [c for c in b.cookies() if c["name"] == "SessionID"], b.cookies()
    b.go("https://www.corp.example/")
    assert b.url.startswith("https://login.corp.example/login?"), b.url
END
expect_log "event=login id=[0-9a-f]{16} user=alice src=$CLIENT_4 result=ok "
expect_log "event=logout sid=[^ ]+ user=alice "

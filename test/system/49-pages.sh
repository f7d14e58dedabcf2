#!/usr/bin/env bash
# The gate's own pages in a real browser: in the reader's language, on a phone and on a
# desk, light and dark; nothing is wider than the screen, everything can be reached with
# the keyboard, axe-core finds nothing, and all of it works without JavaScript.
. "$(dirname "$0")/lab.sh"
. "$LIB/npm.sh"
command -v chromedriver > /dev/null || skip "no chromedriver"
name_host closed 81
lab_up
setting wfd policy blocked_hosts closed.$DOMAIN
gate_start
enroll alice --hotp
login alice  # a session beside those of the browsers
for _ in 1 2 3 4 5 6 7 8; do passcode alice; done > "$LAB/codes"
axe=$ROOT/build/npm/node_modules/axe-core/axe.min.js
if ! npm_package axe-core 4.14.1; then
  note "axe-core is left out: no Node here, or no registry"
  axe=
fi
mkdir -p "$ROOT/build/screenshots"

PIN=$(pin_of alice) SHOTS=$ROOT/build/screenshots AXE=$axe python_in_client "$(cookie_of alice)" $OTHER_CLIENT_4 << 'END'
import os, subprocess, sys, webdriver
import page_checks as checks

LOGIN = "https://login.corp.example"
AXE, SHOTS, PIN = os.environ["AXE"], os.environ["SHOTS"], os.environ["PIN"]
with open(os.environ["LAB"] + "/codes") as file:
    codes = file.read().split()

WORDS = {  # what each page must say
    "en": {"login": "Log in", "wrong": "That did not work.", "failures": "Was that you?", "portal": "Hello, alice",
           "logged-out": "You are logged out", "404": "Not found", "403": "Not allowed", "502": "Server not reachable",
           "link": "You are at a new address", "link-wrong": "Please use a new passcode", "401": "Login needed", "405": "Method not allowed"},
    "de": {"login": "Anmelden", "wrong": "Das hat nicht geklappt.", "failures": "Waren Sie das?", "portal": "Hallo, alice",
           "logged-out": "Sie sind abgemeldet", "404": "Nicht gefunden", "403": "Nicht erlaubt", "502": "Server nicht erreichbar",
           "link": "Sie haben eine neue Adresse", "link-wrong": "nehmen Sie einen neuen Einmalcode", "401": "Anmeldung nötig", "405": "Methode nicht erlaubt"},
}


def browser(name, **preferences):
    return webdriver.Browser(os.environ["LAB"] + "/profile-" + name, preferences=preferences)


def log_in(b, code, pin=PIN):
    for name, value in (("user", "alice"), ("pin", pin), ("passcode", code)):
        field = b.find(f"input[name={name}]")
        field.clear()
        field.type(value)
    b.follow(b.find("form [type=submit]"))


def post_to(b, address):
    """A form of the login host that leads elsewhere, as a page behind the gate may have one."""
    b.script("const f = document.createElement('form'); f.method = 'post'; f.action = arguments[0];"
             "const s = document.createElement('input'); s.type = 'submit'; f.append(s); document.body.append(f)", address)
    b.follow(b.find("body > form [type=submit]"))


def check_page(b, language, name):
    text = b.script("return document.body.innerText")
    assert WORDS[language][name] in text, f"{name}: {text}"
    checks.check(b, name, language, AXE, SHOTS)


def wait_focus(b, name, complaint):
    """autofocus is granted when the page is next drawn (HTML, "flush autofocus candidates"), not when it is loaded."""
    b.wait_until(lambda: b.script("return document.activeElement.id") == name, complaint)


def tour(b, language):
    def check(name):
        check_page(b, language, name)

    b.go("https://www.corp.example/somewhere/far?from=here")
    check("login")
    order = checks.focus_order(b)
    assert order[:3] == ["user", "pin", "passcode"] and len(order) == 4, order
    b.go(b.url)
    wait_focus(b, "user", "the first field has not the focus")
    log_in(b, "000000", "00000000")
    check("wrong")
    wait_focus(b, "pin", "the name need not be typed again")
    assert b.find("#pin").attribute("aria-describedby") == "trouble", "the field does not tell of the trouble"
    log_in(b, codes.pop(0))
    check("failures")
    b.follow(b.find("a.button"))
    b.go(LOGIN + "/")
    check("portal")
    assert len(checks.focus_order(b)) >= 3, "to log out, to end the other session, to end all others"
    assert "198.51.100.2" in b.source, "no word of where the sessions are used"
    b.go(LOGIN + "/nothing/here")
    check("404")
    b.go("https://closed.corp.example/")
    check("403")
    b.go("https://gone.corp.example/")
    check("502")
    b.go(LOGIN + "/")
    post_to(b, LOGIN + "/session")
    check("405")
    b.go(LOGIN + "/")
    b.follow(b.find("form[action='/logout'] [type=submit]"))
    check("logged-out")
    post_to(b, "https://www.corp.example/")
    check("401")
    assert b.find("main a").attribute("href") == LOGIN + "/login"


for tag, wanted in (("en", "en-US,en"), ("de", "de-AT,de,en")):
    with browser(tag, **{"intl.accept_languages": wanted}) as b:
        tour(b, tag)
with browser("other", **{"intl.accept_languages": "fr-FR,fr"}) as b:
    b.go(LOGIN + "/login")
    assert b.script("return document.documentElement.lang") == "en", "not in the default language"
    if AXE:  # axe-core finds what is wrong, if something is
        b.script("document.documentElement.removeAttribute('lang'); document.querySelector('label').remove();"
                 "document.querySelector('h1').style.color = '#aaa'")
        with open(AXE) as file:
            b.script(file.read())
        found = set(checks.violations(b))
        assert {"html-has-lang", "label", "color-contrast"} <= found, found
    b.look(320, 568, "light")
    b.script("document.querySelector('h1').style.minWidth = '400px'")
    try:
        checks.fits(b, 320, "too wide")
    except AssertionError:
        pass
    else:
        raise AssertionError("a page that is too wide is not noticed")

# The other session, in a browser at another address: one passcode, and it goes on there.
subprocess.run(["ip", "route", "replace", "10.1.0.0/16", "via", "198.51.100.1", "src", sys.argv[2]], check=True)
for tag, wanted in (("en", "en-US,en"), ("de", "de-AT,de,en")):
    with browser("roaming-" + tag, **{"intl.accept_languages": wanted}) as b:
        b.devtools("Network.setCookie", name="SessionID", value=sys.argv[1], domain=".corp.example", path="/",
                   secure=True, httpOnly=True)
        b.go("https://www.corp.example/somewhere/far?from=here")
        check_page(b, tag, "link")
        assert sys.argv[2] in b.source, "not the address"
        wait_focus(b, "passcode", "the field has not the focus")
        b.find("#passcode").type("000000")
        b.follow(b.find("main form [type=submit]"))
        check_page(b, tag, "link-wrong")
        if tag == "en":
            b.follow(b.find("a.button"))
            check_page(b, tag, "login")
        else:
            b.find("#passcode").type(codes.pop(0))
            b.follow(b.find("main form [type=submit]"))
            b.follow(b.find("a.button"))  # wrong ones are told of
            assert b.url == "https://www.corp.example/somewhere/far?from=here", b.url
subprocess.run(["ip", "route", "del", "10.1.0.0/16"], check=True)

# Without JavaScript, all of it.
with browser("plain") as b:
    b.devtools("Emulation.setScriptExecutionDisabled", value=True)
    b.go("data:text/html,<title>off</title><script>document.title = 'on'</script>")
    assert b.title == "off", "JavaScript runs"
    b.go("https://www.corp.example/")
    log_in(b, codes.pop(0))
    b.wait_url("https://www.corp.example/")
    b.go(LOGIN + "/")
    assert "Hello, alice" in b.source
    b.follow(b.find("form[action='/logout'] [type=submit]"))
    assert "You are logged out" in b.source
END
shots=$(ls "$ROOT"/build/screenshots/*-{en,de}-{phone,desktop}-{light,dark}.png | wc -l)
note "$shots screenshots are in build/screenshots${axe:+; axe-core has seen them all}"

#!/usr/bin/env bash
# A worker in the hands of an attacker: it has its channels, its ticket and its connection,
# and sends whatever it likes: every message with tickets that are not its own, messages
# that are none, descriptors, floods.  It gains nothing: no dial, no verdict, no signature,
# no session; what breaks a rule costs it its channel or its life, and nobody else notices.
. "$(dirname "$0")/lab.sh"
lab_up
. "$ROOT/test/attack/lab.sh"
OLD=old.$DOMAIN BLOCKED=gone.$DOMAIN
setting wfd hosts $OLD "http://${ADDRESS_4[old]}"
setting wfd "host $OLD" public_paths /pub
setting wfd policy blocked_hosts $BLOCKED
setting wfd isolation connections_per_worker 1
gate_start
for user in alice bob carol; do enroll $user --hotp; done
login alice www.$DOMAIN / --interface $OTHER_CLIENT_4
login bob
login carol
expect_page www -b "$(jar_of bob)"
python_in_client < /dev/null  # leaves the names for what follows

helpers() {
  local role
  for role in "wfd signer" "wfd broker" "wfd porter" "wfd nursery" "wfd logger" "authd sessions" "authd vault" "authd logger"; do
    echo "${role/ //}=$(role_pids $role)"
  done
}
HELPERS=$(helpers)
export HELPERS

# ---- questions in good form ------------------------------------------------------
# With its own ticket and a good cookie it gets what every worker gets: so the attacks work
# at all.  Anything beyond that is refused.
attack "$(cookie_of bob)" "$(cookie_of alice)" <<'END' || fail "a well-formed question got what it should not have"
import sys
from base64 import urlsafe_b64decode
from thief import Thief, Verdict, once
bob, alice = (urlsafe_b64decode(cookie + "=").hex() for cookie in sys.argv[1:])
v = Verdict()
v.want("a handshake", once("sign", "tls13"), "signature")
v.want("a good cookie", once("judge", bob), "good")
v.want("its server", once("dial", bob, "www.corp.example"), "dialled 10.1.0.10 443")
v.want("a name of [hosts]", once("dial", bob, "old.corp.example"), "dialled 10.1.0.20 80")
v.want("another server's name goes where the client went", once("dial", bob, "big.corp.example"), "dialled 10.1.0.10 443")

with Thief() as thief:
    thief.say("sign", "tls13")
    v.want("a second text of one connection", thief.say("sign", "tls13"), "refused")
for text in ("client", "digest", "long", "certificate", "GET"):
    v.want(f"sign {text}", once("sign", text), "refused")
v.want("a key that is not there", once("sign", "tls13", "own", 7), "refused")

for what, words, fault in [  # DialFault: 1 no session, 2 forbidden, 3 unknown host
        ("a cookie of nobody", ("00" * 32, "www.corp.example"), 1),
        ("a short cookie", ("00", "www.corp.example"), 1),
        ("no cookie", ("", "www.corp.example"), 1),
        ("alice's cookie at another address", (alice, "www.corp.example"), 1),
        ("alice's cookie and a server of [hosts]", (alice, "old.corp.example"), 1),
        ("a blocked host", (bob, "gone.corp.example"), 2),
        ("a host below it", (bob, "x.gone.corp.example"), 2),
        ("a foreign host", (bob, "www.example"), 3),
        ("a host that ends like ours", (bob, "evilcorp.example"), 3)]:
    v.want(f"dial with {what}", once("dial", *words), f"refused {fault}")
for host in ("WWW.corp.example", "www.corp.example.", "www.corp.example:443", "www.corp.example/", "10.1.0.60"):
    v.want(f"dial {host!r}", once("dial", bob, host), "closed")
v.want("judge of a stolen cookie", once("judge", alice), "no")
v.want("judge of a made-up cookie", once("judge", "ff" * 32), "no")
v.finish()
END
[ "$(syslog_count "event=dial .* dst=${ADDRESS_4[big]} ")" = 0 ] || fail "a name alone led to another server"
expect_page www -b "$(jar_of alice)" --interface $OTHER_CLIENT_4

# The same as bytes, for what the real worker never says: [ground], stolen cookies, slots,
# handles, sessions and hosts of its own choice.
attack "$(cookie_of bob)" "$(cookie_of alice)" "$(sid_of alice)" <<'END' || fail "a question of its own making got what it should not have"
import sys
from base64 import urlsafe_b64decode
import forge
from forge import number, text
from thief import Thief, Verdict
bob, alice = (text(urlsafe_b64decode(cookie + "=")) for cookie in sys.argv[1:3])
v = Verdict()


def ask(role, kind, milliseconds=2000, **exchanged):
    """The answer of a fresh worker's question about its own connection."""
    with Thief() as thief:
        return thief.ask(role, forge.bytes_of(role, kind, thief.ticket(), **exchanged), milliseconds)


def answer(kind, *values):
    """How an answer begins: its kind, the tag, and a number or two."""
    return "0 " + (number(forge.KINDS[kind], 1) + forge.TAG + b"".join(number(value, 1) for value in values)).hex()


def wants(what, got, start):
    v.that(f"{what}: {got}, not {start}...", got.startswith(start))


nobody = text("")
# Without a session: ground 1 is a public path, 2 a preflight.
wants("an open path", ask("broker", "dial", _2=nobody, _3=text("old.corp.example"), _5=number(1, 1), _6=text("/pub")), "1 ")
for ground, subject, host in ((1, "/", "old"), (1, "/public", "old"), (1, "/pub/../x", "old"), (1, "", "old"), (1, "/pub", "www"),
                              (2, "www.corp.example", "old"), (2, "", "old"), (2, "/pub", "old"), (1, "/pub", "gone")):
    got = ask("broker", "dial", _2=nobody, _3=text(host + ".corp.example"), _5=number(ground, 1), _6=text(subject))
    wants(f"ground {ground}, {subject!r} of {host}", got, answer("dial_refused", 2))

# Standing: 2 wrong address.  The owner's session must not notice.
wants("look at a stolen cookie", ask("sessions", "look", _2=alice), answer("session_info", 2))
wants("look at one's own", ask("sessions", "look", _2=bob), answer("session_info", 4))
wants("logout of a stolen cookie", ask("sessions", "logout", _2=alice), answer("logged_out", 0))
# Of her sessions it learns nothing, and ends none: not with her cookie from here, nor by name.
got = ask("sessions", "list_own", _2=alice)
wants("the sessions of a stolen cookie", got, answer("own_sessions", 0, 0, 0, 0, 2))
v.that("alice is named", b"alice".hex() not in got and sys.argv[3].encode().hex() not in got)
wants("one's own sessions", ask("sessions", "list_own", _2=bob), answer("own_sessions", 0, 0, 0, 0, 4))
wants("her session by its name", ask("sessions", "logout", _2=bob, _3=text(sys.argv[3])), answer("logged_out", 0))
wants("hers by the stolen cookie", ask("sessions", "logout", _2=alice, _4=number(1, 1)), answer("logged_out", 0))
# A person at another address is offered to add it: the thief gets that far, and needs the
# token then.  The handle of his own address is nothing with another cookie, or with none.
got = ask("sessions", "judge", _2=alice, _3=number(2, 1))
wants("judge as a navigation", got, answer("verdict", 2))
link = bytes.fromhex(got[2:])[-24:]
v.that(f"no handle in {got}", link.startswith(number(22, 2)))
for what, cookie in (("a wrong passcode", alice), ("one's own cookie", bob), ("no cookie", nobody)):
    wants(f"a link with {what}", ask("sessions", "login", 15000, _5=cookie, _6=link), answer("login_result", 0))
for kind, place in (("judge", "_3"), ("touch", "_3")):
    v.want(f"a {kind} that does what there is not", ask("sessions", kind, **{place: number(3, 1)}), "closed")
wants("vouch for a stolen cookie", ask("sessions", "vouch", _2=alice), "0 " + (number(forge.KINDS["assertion"], 1) + forge.TAG + b"\x01").hex())
v.want("verify, which this source may not ask", ask("sessions", "verify", _2=bob), "closed")
for host in ("login.corp.example", "www.example", "WWW.corp.example", ""):
    v.want(f"vouch for {host!r}", ask("sessions", "vouch", _2=bob, _3=text(host)), "closed")
v.want("an end that was not told", ask("sessions", "ended_seen"), "closed")
for slot in range(3):
    v.want("touch of a session that it holds not", ask("sessions", "touch", 200, _1=number(slot, 4)), "silence")
wants("a login with a wrong PIN", ask("sessions", "login"), answer("login_result", 0))

# What a browser keeps for its next connection is for its own address and name, and for once.
with Thief() as one, Thief(source="198.51.100.3") as other:
    secret = forge.bytes_of("signer", "keep_session", one.ticket())
    one.say("raw", "signer", secret.hex())
    for what, thief, exchanged in (("another address", other, {}), ("another name", one, {"_2": text("old.corp.example")})):
        got = thief.ask("signer", forge.bytes_of("signer", "take_session", thief.ticket(), **exchanged))
        v.want(f"a kept state, from {what}", got, answer("taken_session", 0, 0))
    again = forge.bytes_of("signer", "take_session", one.ticket())
    v.want("a kept state", one.ask("signer", again), "0 " + (number(forge.KINDS["taken_session"], 1) + forge.TAG + text("state")).hex())
    v.want("a kept state, once more", one.ask("signer", again), answer("taken_session", 0, 0))

# What it pretends to have learned of a server that it did not reach moves nobody.
with Thief() as thief:
    v.want("a port that it never saw", thief.ask("broker", forge.bytes_of("broker", "learned", thief.ticket()), 200), "silence")
v.finish()
END
expect_page www -b "$(jar_of alice)" --interface $OTHER_CLIENT_4
expect_page www -b "$(jar_of bob)"
[ "$(syslog_count "event=dial .* dst=${ADDRESS_4[www]} dport=80 ")" = 0 ] || fail "a worker's lie led somebody to port 80"
note "questions of its own making: refused, and the sessions they were about go on"

# ---- tickets, forms, descriptors --------------------------------------------------
attack <<'END' || fail "a message that breaks the rules was answered, or cost nothing"
import os
import time
import forge
from thief import Thief, Verdict, count
v = Verdict()
pids = dict(line.split("=") for line in os.environ["HELPERS"].split())
CLOSING = ("signer", "broker", "sessions")  # the first two drop the channel, the last one has the worker killed, as the porter


def descriptors():
    return {role: len(os.listdir(f"/proc/{pid}/fd")) for role, pid in pids.items()}


def try_all(what, messages):
    """messages: (role, bytes), each to a channel of its own as long as there is one."""
    waiting = list(messages)
    while waiting:
        with Thief() as thief:
            own = thief.ticket()
            for role in CLOSING:
                message = next((row for row in waiting if row[0] == role), None)
                if message is not None:
                    waiting.remove(message)
                    bad = message[1](own)
                    v.want(f"{what}: {role} and {bad[:40].hex()}", thief.ask(role, bad), "closed")


def to_reports(what, make):
    with Thief() as thief:
        message = make(thief.ticket())
        v.that(f"{what}: it lives on", thief.dies("raw", "reports", message.hex()) is True or thief.connection.closed_within(5))


def everywhere(spoil):
    """Every message that has a ticket, with another one."""
    def made(role, kind):
        return role, lambda own: forge.bytes_of(role, kind, spoil(own))
    return [made(role, kind) for role, kind in forge.WITH_TICKET if role in CLOSING]


before = descriptors()
with Thief() as gone:
    stale = gone.ticket()
accused = 0
with Thief() as neighbour:
    foreign = neighbour.ticket()
    forgeries = [(name, lambda own, at=at: list(forge.spoilt(own))[at][1]) for at, (name, _) in enumerate(forge.spoilt(stale))]
    forgeries += [("a neighbour's ticket", lambda own: foreign), ("a ticket of yesterday", lambda own: stale)]
    for name, spoil in forgeries:
        try_all(name, everywhere(spoil))
        to_reports(name, lambda own: forge.bytes_of("porter", "closed", spoil(own)))
        accused += 1
    v.want("the neighbour's own ticket", neighbour.say("sign", "tls13"), "signature")  # nobody has used it up

# Messages that are none.
for role, kind in forge.FIELDS:
    good = lambda own: forge.bytes_of(role, kind, own)
    forms = [("a byte less", lambda own: good(own)[:-1]), ("a byte more", lambda own: good(own) + b"\0"),
             ("its kind alone", lambda own: good(own)[:1]), ("4 KiB", lambda own: good(own).ljust(4096, b"\0"))]
    for name, make in forms:
        if role == "porter":
            to_reports(f"{kind}, {name}", make)
            accused += 1
        else:
            try_all(f"{kind}, {name}", [(role, make)])
broken = [("broker", "dial", {"_4": b"\3"}), ("broker", "dial", {"_5": b"\3"}), ("broker", "dial", {"_6": b"\xff\xff/pub"}),
          ("broker", "dial", {"_2": forge.text(b"c" * 33)}), ("broker", "learned", {"_2": b"\4"}), ("broker", "dial", {"_3": forge.text("h" * 254)}),
          ("signer", "sign", {"_4": forge.text(b"t" * 513)}), ("signer", "keep_session", {"_2": forge.text(b"i" * 31)}),
          ("sessions", "login", {"_2": forge.text("u" * 65)}), ("sessions", "login", {"_4": forge.text("9" * 17)})]
for role, kind, exchanged in broken:
    try_all(f"{kind} {exchanged}", [(role, lambda own: forge.bytes_of(role, kind, own, **exchanged))])
to_reports("an unknown cause", lambda own: forge.bytes_of("porter", "closed", own, _1=b"\x08"))
accused += 1

# Every kind that is somebody else's to send, with a body that some kind has; and none at all.
others = [(role, number) for role in CLOSING for number in [*range(len(forge.KINDS) + 2), 127, 128, 255]
          if (role, next((name for name, n in forge.KINDS.items() if n == number), "")) not in forge.MAY_SEND]
assert len(others) > 3 * 50
for tail in (lambda own: forge.TAG + own + forge.COOKIE, lambda own: b""):
    try_all("a foreign kind", [(role, lambda own, n=number: bytes([n]) + tail(own)) for role, number in others])
for size in ("huge", "empty"):
    with Thief() as thief:
        for role in CLOSING:
            thief.dies("raw", role, size)
            v.want(f"{role}: {size}", thief.dies("hear", role, 2000), "closed", True)

# Descriptors where none may be: in good messages, and in the log's.
for many in (1, 4, 200):
    with Thief() as thief:
        own = thief.ticket()
        thief.say("descriptors", "log", b"6event=debug what=gift".hex(), many)
        thief.say("descriptors", "porter", forge.bytes_of("porter", "closed", own).hex(), many)
        for role, kind in (("signer", "take_session"), ("broker", "dial"), ("sessions", "judge")):
            thief.dies("descriptors", role, forge.bytes_of(role, kind, own).hex(), many)
            v.want(f"{many} descriptors to {role}", thief.dies("hear", role, 2000), "closed", True)
    with Thief() as thief:
        report = forge.bytes_of("porter", "closed", thief.ticket())
        v.that("a report with gifts", thief.dies("descriptors", "reports", report.hex(), many) is True or thief.connection.closed_within(5))
        accused += 1
until = time.monotonic() + 10
while any(now > before[role] for role, now in descriptors().items()) and time.monotonic() < until:
    time.sleep(0.05)  # until the last workers are gone
after = descriptors()
v.that(f"descriptors stay behind: {before} {after}", all(after[role] <= before[role] for role in pids))
until = time.monotonic() + 5
while count("reports what is not its own") < accused and time.monotonic() < until:
    time.sleep(0.05)
v.want("workers that were killed for their reports", count(r"wfd/porter\S* event=fault role=worker .*reports what is not its own"), accused)
v.that("the broken rules are in the log", count("broken message or foreign ticket") > 300 and count("a worker broke the rules") > 150)
v.finish()
END
note "forged tickets, broken forms, foreign kinds and descriptors: each cost the channel or the worker"

# ---- memory, the kernel, the log ---------------------------------------------------
attack <<'END' || fail "a rule of memory, kernel or log did not hold"
import re
from thief import Thief, Verdict, log, logged, once
v = Verdict()
v.want("writing to the pages of sessions", re.sub(r"errno \d+", "no", once("pages")), "map no, protect no, write no")
calls = ("fork open socket connect socketpair exec ptrace kill tgkill abort-sibling exec-memory shut-log shut-reports shut-high "
         "vm-write pidfd io-uring bpf own dumpable")
for call in calls.split():
    with Thief() as thief:
        got = thief.dies("kernel", call, 1)
        v.that(f"{call}: {got}", got is True or re.fullmatch(r"errno \d+", got))

# One thing can be done: to make the log's socket, which all workers share, one that waits.
# Nobody relies on it: the floods below find it so.
v.want("a log that waits", once("kernel", "block-log"), "done")

# A line of a worker is one line, and says whose it is.
forged = "6event=login id=0000000000000000 user=root result=ok\n<86>Nov 26 09:00:00 authd/vault[1]: event=login user=mallory result=ok"
for line in (forged, "6event=forged-one\0authd/vault[1]: event=login user=mallory", "6" + "x" * 4000 + " event=forged-two", "", "\0", "99event=forged-three"):
    with Thief() as thief:
        thief.say("log", line.encode().hex() or "00")
        thief.say("log", b"6event=debug what=after".hex())
v.that("the forged line is there, as a worker's", logged(r"^<\d+>\w+ +\d+ [\d:]+ wfd/worker\[\d+\]: .*mallory"))
v.that("a worker speaks as the vault", not re.search(r"^<\d+>\w+ +\d+ [\d:]+ authd/vault.*mallory", log(), re.M))
v.that("a line without its process", all(re.match(r"<\d+>\w+ +\d+ [\d:]+ (wfd|redird|authd)/\w+\[\d+\]: ", line) for line in log().splitlines()))
v.finish()
END
note "shared memory, system calls and the log: as the rules say"

# ---- a worker that does not let go ----------------------------------------------------
attack "$(cookie_of carol)" "$BIN/authctl" <<'END' || fail "a worker that hears no end lives on"
import os, subprocess, sys, time
from base64 import urlsafe_b64decode
from thief import Thief, logged
carol, authctl = urlsafe_b64decode(sys.argv[1] + "=").hex(), sys.argv[2]
with Thief() as thief:
    assert thief.say("hold", carol, 20000) == "held"
    begun = time.monotonic()
    subprocess.run([authctl, "-s", os.environ["LAB"] + "/run/admin.sock", "session", "kill", "--user", "carol"], check=True)
    assert thief.connection.closed_within(5), "it lives on"
    took = time.monotonic() - begun
    assert took < 3, took
END
note "a worker that keeps what it got under an ended session is killed"

# ---- floods -------------------------------------------------------------------------
attack "$(cookie_of bob)" <<'END' || fail "a flood was felt by somebody else"
import sys
from thief import Thief, Verdict, Visitor
v = Verdict()
for what in "judge dial keep log report garbage mute mute-sign mute-take".split():
    with Visitor(sys.argv[1]) as visitor, Thief(source="198.51.100.3") as thief:
        got = thief.dies("flood", what, 700)
    v.that(f"{what} ({got}): a visitor was not served: {visitor.wrong}", not visitor.wrong)
    v.that(f"{what} ({got}): a visitor waited {visitor.slowest:.1f} s", visitor.served > 0 and visitor.slowest < 5)
with Visitor(sys.argv[1]) as visitor, Thief() as thief:
    got = thief.say("guess", "alice", 700)
v.that(f"guesses: {got}, visitor {visitor.wrong}", got.endswith("granted 0") and not visitor.wrong)
v.finish()
END
note "floods: a visitor's pages came on"

# ---- what is left -------------------------------------------------------------------
[ "$(helpers)" = "$HELPERS" ] || fail "a role did not survive: $HELPERS, now $(helpers)"
[ "$(syslog_count 'event=login .*user=alice .*result=ok')" = 1 ] || fail "somebody logged in as alice"
expect_page www -b "$(jar_of alice)" --interface $OTHER_CLIENT_4
expect_page www -b "$(jar_of bob)"
# A stranger's guesses have locked nobody out: she is told of them.
got=$(login_form alice "$(pin_of alice)" "$(passcode alice)" -c "$(jar_of alice)" --interface $OTHER_CLIENT_4 -d host=www.$DOMAIN -d path=/)
[[ $got = 200* ]] && grep -q 'failed logins with your name' "$LAB/body" || fail "alice cannot log in after the guesses: $got"
expect_page www -b "$(jar_of alice)" --interface $OTHER_CLIENT_4

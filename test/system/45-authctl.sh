#!/usr/bin/env bash
# timeout: 300
# The operator's tool against a running authd: what it refuses and how, what its JSON
# holds, a user made by hand on a terminal, and users brought over from other programs,
# who then log in with their tokens.
. "$(dirname "$0")/lab.sh"
lab_up
setting authd lockout free_failures 1000
gate_start
enroll alice --hotp
out=$LAB/run/out err=$LAB/run/ctl.err

# run ARGUMENTS...: its exit code; what it said is in $out and $err.
run() {
  local status=0
  ctl "$@" > "$out" 2> "$err" || status=$?
  echo $status
}

# refused REASON ARGUMENTS...: exit 1, nothing on standard output, and the reason.
refused() {
  local reason=$1
  shift
  [ "$(run "$@")" = 1 ] || fail "not refused: authctl $*"
  [ ! -s "$out" ] || fail "authctl $*: something on standard output: $(cat "$out")"
  grep -qF -- "authctl: $reason" "$err" || fail "authctl $*: $(cat "$err")"
}

done_well() {
  [ "$(run "$@")" = 0 ] && [ ! -s "$err" ] || fail "authctl $*: $(cat "$err")"
}

# What is wrong with a command line is said before authd is asked.
refused "a command is needed"
refused "there is no command \"user frob\"" user frob
refused "something is missing: user show NAME" user show
refused "\"b\" is too much: user show NAME" user show a b
refused "user list does not take --digits" user list --digits 6
refused "option --json twice" user list --json --json
refused "\"Alice\" is no user name" user show Alice
refused "\"$(printf 'a%.0s' {1..33})\" is no user name" user show "$(printf 'a%.0s' {1..33})"
refused "\"a?[2Jb\" is no user name" user show $'a\e[2Jb'
refused "\"\" is no user name" user show ""
refused "--digits must be 6 to 8" user add bob --digits 9
refused "--period must be 1 to 3600" user add bob --period 0
refused "--algorithm must be SHA1, SHA256 or SHA512" user add bob --algorithm MD5
refused "--secret must be Base32" user add bob --secret "not base32"
refused "--secret is shorter than 16 bytes" user add bob --secret GEZDGNBV
refused "--code must be the 6 to 8 digits" user add bob --secret "$(secret_of bob)" --code 12345x
refused "CODE2 must be the 6 to 8 digits" user resync alice 123456 12
refused "\"x y\" is no sid" session kill "x y"
! grep -q "$(secret_of bob)" "$err" || fail "a secret is shown in an error"

# What authd knows better.
refused "there is no user bob" user show bob
for verb in disable enable remove unlock; do refused "there is no user bob" user $verb bob; done
refused "there is no user bob" user resync bob 123456 234567
refused "these are not two codes of the token" user resync alice 000000 000001
refused "there is no such session" session kill abcdefghijkm
refused "this user has no session" session kill --user alice
[ "$(echo 1234 | run user set-pin bob --pin-stdin)" = 1 ] || fail "set-pin of nobody"
[ "$(echo 1234 | run user add alice --pin-stdin)" = 1 ] || fail "alice twice"
grep -qF "there is a user alice already" "$err" || fail "$(cat "$err")"
[ "$(echo 1234 | run user add bob --secret "$(secret_of bob)" --code 000000 --pin-stdin)" = 1 ] || fail "no proof, and yet"
grep -qF "the code does not fit the token" "$err" || fail "$(cat "$err")"
refused "there is no user bob" user show bob

# PINs that are none.
pin_refused() {  # REASON, the PIN on standard input
  [ "$(run user add bob --pin-stdin)" = 1 ] && grep -qF "$1" "$err" || fail "a PIN that should be refused ($1): $(cat "$err")"
}
printf '' | pin_refused "there is no PIN to read"
printf '\n' | pin_refused "a PIN must have 4 to 64"
printf '123\n' | pin_refused "a PIN must have 4 to 64"
printf '12\00034\n' | pin_refused "a PIN must have 4 to 64"
printf '1234\r\n' | pin_refused "a PIN must have 4 to 64"
head -c 20000000 /dev/zero | tr '\0' 7 > "$LAB/run/sevens"
pin_refused "the PIN is too long" < "$LAB/run/sevens"
! ctl user add bob --pin-stdin 2> "$err" <&- || fail "no standard input, and yet"
grep -q "cannot read PIN" "$err" || fail "$(cat "$err")"
[ "$(run user add bob < /dev/null)" = 1 ] && grep -qF "use --pin-stdin" "$err" || fail "no terminal: $(cat "$err")"
refused "there is no user bob" user show bob

# An answer that cannot be written is an error.
[ "$(ctl user list > /dev/full 2> "$err"; echo $?)" = 1 ] || fail "a full disk is no error"
[ "$(ctl user list >&- 2> "$err"; echo $?)" = 1 ] || fail "a closed standard output is no error"
(set +o pipefail; { ctl user list --json 2> "$err"; echo $? > "$LAB/run/status"; } | exec 0<&-) || :
wait_for 5 test -s "$LAB/run/status" || fail "it hangs before a closed pipe"
[ "$(cat "$LAB/run/status")" -le 1 ] || fail "a closed pipe: $(cat "$LAB/run/status")"
ctl --help | grep -q "^  user add NAME " || fail "no help"
[[ "$(ctl -V)" = "authctl "* ]] || fail "no version"

# Nobody there, somebody else there, somebody who is not let in.
elsewhere() { "$BIN/authctl" -s "$1" status > "$out" 2> "$err"; }
for place in "" /nonexistent/x "$LAB/run" "$LAB/syslog" "$(printf '%0150d' 0)"; do
  ! elsewhere "$place" || fail "status from $place"
  [ ! -s "$out" ] && grep -q "^authctl: " "$err" || fail "$place: $(cat "$err")"
done
! setpriv --reuid 65534 --clear-groups "$BIN/authctl" -s "$LAB/run/admin.sock" status > "$out" 2> "$err" || fail "let in"
python3 - "$BIN/authctl" "$LAB/run/fake.sock" <<'END' || fail "a false authd"
"""Who answers nonsense, or hangs up, is not believed."""
import socket, subprocess, sys
program, path = sys.argv[1:]
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(path)
server.listen()
answers = {
    b"": "authd has hung up",
    b"\xff": "authd has hung up",
    b"\x00" * 5000: "authd has hung up",
}
for answer, reason in answers.items():
    for verb in (["status"], ["user", "list"], ["user", "disable", "kate"]):
        run = subprocess.Popen([program, "-s", path, *verb], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        peer, _ = server.accept()
        peer.recv(5000)
        if answer:
            peer.send(answer)
        peer.close()
        said, error = run.communicate(timeout=20)
        assert (run.returncode, said) == (1, ""), (answer, verb, run.returncode, said)
        assert reason in error, error
END

# By hand, on a terminal.
python3 - "$BIN/authctl" "$LAB/run/admin.sock" <<'END' || fail "the terminal"
import os, re, signal, subprocess, sys
from terminal import Terminal
program, path = sys.argv[1:]
ADD = [program, "-s", path, "user", "add"]


def codes(secret, *more):
    return subprocess.run(["oathtool", "-b", *more, secret], capture_output=True, text=True, check=True).stdout.strip()


# A token that counts, so that no clock matters: shown once, proved, the PIN never seen.
with Terminal(*ADD, "bea", "--hotp") as t:
    t.expect("PIN: ")
    assert not t.echoes(), "the PIN is echoed"
    t.type("pin of bea\n")
    t.expect("again: ")
    assert not t.echoes(), "the PIN is echoed the second time"
    t.type("pin of bea\n")
    t.expect("as proof: ")
    assert t.echoes(), "the echo does not come back"
    secret = re.search(r"secret  ([A-Z2-7]{32})", t.shown).group(1)
    uri = f"otpauth://hotp/Postern:bea?secret={secret}&issuer=Postern&algorithm=SHA1&digits=6&counter=0"
    assert uri in t.shown, t.shown
    t.type("000000\n")
    t.expect("does not fit")
    t.expect("as proof: ")
    t.type(codes(secret, "--hotp", "-c", "3") + "\n")
    assert t.end() == 0, t.shown
    assert "pin of bea" not in t.shown
    assert t.shown.count(secret) == 2, "the secret, once by itself and once in the URI"
    drawn = [line for line in t.shown.split("\n") if "\u2588" in line or "\u2580" in line]
    assert len(drawn) > 15, "no QR code"

# The same with --json: for a program, so nothing but its one object.
with Terminal(*ADD, "ben", "--json") as t:
    t.expect("PIN: ")
    t.type("pin of ben\n")
    t.expect("again: ")
    t.type("pin of ben\n")
    assert t.end() == 0 and t.shown.count("secret=") == 1 and "\u2588" not in t.shown, t.shown

# Two PINs that differ, a PIN that is none, no code, three wrong codes: nobody is added.
for first, second, reason in (("1234", "1235", "the two PINs differ"), ("123", None, "a PIN must have"),
                              ("x" * 65, None, "too long")):
    with Terminal(*ADD, "carl") as t:
        t.expect("PIN: ")
        t.type(first + "\n")
        if second:
            t.expect("again: ")
            t.type(second + "\n")
        assert t.end() == 1 and reason in t.shown, t.shown
for typed in ("\n",), ("000000\n", "000001\n", "000002\n"):
    with Terminal(*ADD, "carl") as t:
        for prompt in "PIN: ", "again: ":
            t.expect(prompt)
            t.type("1234\n")
        for code in typed:
            t.expect("as proof: ")
            t.type(code)
        assert t.end() == 1, t.shown

# A user who is there already is told before a token is shown.
with Terminal(*ADD, "bea") as t:
    for prompt in "PIN: ", "again: ":
        t.expect(prompt)
        t.type("1234\n")
    assert t.end() == 1 and "already" in t.shown and "secret=" not in t.shown, t.shown

# Signals at the prompt: the echo comes back, then they are obeyed.
for number, key in (signal.SIGINT, "\x03"), (signal.SIGQUIT, "\x1c"), (signal.SIGTERM, ""), (signal.SIGHUP, ""):
    with Terminal(*ADD, "carl") as t:
        t.expect("PIN: ")
        assert not t.echoes()
        t.type("87654" + key)
        if not key:
            os.kill(t.pid, number)
        assert t.end() == -number, f"{number.name}: {t.shown!r}"
        assert t.echoes(), f"no echo after {number.name}"
        assert "87654" not in t.shown, t.shown

# Stopped and continued, the question is asked again, still without echo.
with Terminal("bash", "--norc", "-ic", '"$@"; fg', "bash", *ADD, "cleo", "--no-proof") as t:
    t.expect("PIN: ")
    t.type("99\x1a")
    t.expect("PIN: ")
    t.type("1234\n")
    t.expect("again: ")
    t.type("1234\n")
    assert t.end() == 0, t.shown
    assert "1234" not in t.shown and "99" not in t.shown.split("PIN: ", 1)[1], t.shown
END
refused "there is no user carl" user show carl
done_well user remove ben
done_well user remove cleo
note "a user was made by hand; the PIN was never seen, the secret once; signals gave the echo back"

# Every command's JSON: one object a line, with the members that the manual lists.
cat > "$LAB/users.csv" <<END
user,token,algorithm,digits,period,counter,secret,pin,disabled
cora,totp,SHA256,8,60,,$(secret_of cora),$(pin_of cora),no
cole,hotp,SHA512,7,,100,$(secret_of cole),$(pin_of cole),
curt,,,,,,,$(pin_of curt),yes
cyd,totp,,,,,$(secret_of cyd),,
END
login alice
done_well user import "$LAB/users.csv" --dry-run --json
cp "$out" "$LAB/run/dry"
[ "$(ctl user list | wc -l)" = 3 ] || fail "--dry-run added somebody: $(ctl user list)"
python3 - "$BIN/authctl" "$LAB/run/admin.sock" "$ROOT/man/authctl.8" "$LAB/users.csv" <<'END' || fail "the JSON"
import json, re, subprocess, sys
program, path, manual, users = sys.argv[1:]
# ".It Ic user add Ta Li user uri secret" -> {"user add": ["user", "uri", "secret"]}
told = {}
for command, members in re.findall(r"^\.It Ic (.*?) Ta (.*)$", open(manual).read(), re.M):
    words = [w for w in members.replace(",", " ").split() if w not in ("Li", "No")]
    told[command] = words
told["user show"] = told["user list"] + told["user show"][-5:]
told["user export"] = told["user show"]
told["user import"] = told["user import"][:8]
assert told["user import"].pop(5) == "and", told


def ask(*words, stdin=None):
    run = subprocess.run([program, "-s", path, "--json", *words], input=stdin, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def same(command, rows, wanted=None):
    assert rows, f"{command} has no rows"
    for row in rows:
        assert list(row) == (wanted or told[command]), f"{command}: {list(row)}"


same("user add", ask("user", "add", "dan", "--pin-stdin", stdin="1234\n"))
same("user list", ask("user", "list"))
same("user show", ask("user", "show", "alice"))
same("user export", ask("user", "export"))
same("session list", ask("session", "list"))
same("status", ask("status"))
done = ["done", "user"]
for words in ("disable", "enable", "unlock", "remove"):
    same(words, ask("user", words, "dan"), done)
same("kill", ask("session", "kill", "--user", "alice"), done)
assert ask("session", "list") == []
rows = ask("user", "import", users)
drawn = [row for row in rows if "secret" in row]
same("user import", drawn)
same("user import", [row for row in rows if "secret" not in row], told["user import"][:5])
assert [row["user"] for row in rows] == ["cora", "cole", "curt", "cyd"], rows
assert [row["user"] for row in drawn] == ["curt"], "no secret but the drawn one is told"
assert [row["where"] for row in rows] == ["line 2", "line 3", "line 4", "line 5"], rows
assert [row["disabled"] for row in rows] == [False, False, True, True], rows
END
grep -q '"result":"would be added"' "$LAB/run/dry" && [ "$(wc -l < "$LAB/run/dry")" = 4 ] || fail "$(cat "$LAB/run/dry")"

# A second time nobody is added, and every line is told; others of the file are.
[ "$(run user import "$LAB/users.csv")" = 1 ] && [ "$(grep -c "there is a user c[a-z]* already" "$err")" = 4 ] || fail "$(cat "$err")"
{ cat "$LAB/users.csv"; echo 'cleo,,,,,,,"12,34",'; } > "$LAB/more.csv"
done_well user import "$LAB/more.csv" --skip-existing
grep -q "^cleo .*added" "$out" && [ "$(grep -c skipped "$out")" = 4 ] || fail "$(cat "$out")"

# One bad line, and nobody comes in.
printf 'user,secret,digits\nzoe,%s,6\nZed,%s,6\nzack,%s,5\n' "$(secret_of zoe)" "$(secret_of zed)" "$(secret_of zack)" > "$LAB/bad.csv"
[ "$(run user import "$LAB/bad.csv")" = 1 ] || fail "a bad file was taken"
grep -q 'line 3: "Zed" is no user name' "$err" && grep -q "line 4: digits must be 6 to 8" "$err" || fail "$(cat "$err")"
refused "there is no user zoe" user show zoe
head -c 9000000 /dev/zero > "$LAB/huge"
refused "\"$LAB/huge\" is larger than 8 MiB" user import "$LAB/huge"
refused "cannot open \"$LAB/nothing\"" user import "$LAB/nothing"
refused "cannot read \"$LAB\"" user import "$LAB"
refused "nobody was added" user import "$LAB/users.csv" --format otpauth

# The other formats, and then all of them log in with their tokens.
printf '# from elsewhere\notpauth://totp/Old%%20Gate:uma%%40corp.example?secret=%s&issuer=Old%%20Gate\notpauth://hotp/ute?secret=%s&counter=7&digits=8\n' \
  "$(secret_of uma)" "$(secret_of ute)" | ctl user import - --strip-domain > "$out" || fail "otpauth"
cat > "$LAB/aegis.json" <<END
{"version":1,"header":{"slots":null,"params":null},"db":{"version":3,"entries":[
 {"type":"totp","uuid":"1","name":"ada","issuer":"Gate","note":"","icon":null,
  "info":{"secret":"$(secret_of ada)","algo":"SHA512","digits":6,"period":30}},
 {"type":"hotp","uuid":"2","name":"abe","issuer":"Gate","info":{"secret":"$(secret_of abe)","algo":"SHA1","digits":6,"counter":3}}]}}
END
done_well user import "$LAB/aegis.json"
python3 - "$(secret_of gus)" > "$LAB/google.txt" <<'END'
import base64, sys, urllib.parse
secret = base64.b32decode(sys.argv[1])
def field(number, data): return bytes([number << 3 | 2, len(data)]) + data
def varint(number, value): return bytes([number << 3, value])
token = field(1, secret) + field(2, b"gus") + varint(4, 1) + varint(5, 1) + varint(6, 2)
payload = field(1, token) + varint(2, 1) + varint(3, 1) + varint(4, 0) + varint(5, 9)
print("otpauth-migration://offline?data=" + urllib.parse.quote(base64.b64encode(payload).decode(), safe=""))
END
done_well user import "$LAB/google.txt"
for user in uma ute ada abe gus cyd; do
  refused "$user has no PIN yet: set-pin comes first" user enable $user
  pin_of $user | ctl user set-pin $user --pin-stdin || fail "set-pin $user"
  done_well user enable $user
done

logs_in() {  # USER, arguments of oathtool
  local user=$1 code answer
  shift
  code=$(oathtool -b "$@" "$(secret_of "$user")")
  answer=$(login_form "$user" "$(pin_of "$user")" "$code" -d host=www.$DOMAIN -d path=/)
  [ "$answer" = "303 https://www.$DOMAIN/" ] || fail "login of $user: $answer"
  answer=$(login_form "$user" "$(pin_of "$user")" "$code" -d host=www.$DOMAIN -d path=/)
  [ "${answer%% *}" = 403 ] || fail "the same code of $user again: $answer"
}
logs_in cora --totp=sha256 -d 8 -s 60s
logs_in uma --totp
logs_in ute --hotp -c 7 -d 8
logs_in ada --totp=sha512
logs_in abe --hotp -c 3
logs_in gus --totp
logs_in cyd --totp
answer=$(login_form abe "$(pin_of abe)" "$(oathtool -b --hotp -c 2 "$(secret_of abe)")" -d host=www.$DOMAIN -d path=/)
[ "${answer%% *}" = 403 ] || fail "a counter from before the import: $answer"
note "users of CSV, otpauth, Aegis and Google came over and logged in with their tokens"

# The export has everything but secrets.
done_well user export
for user in alice cora cole curt cyd uma ute ada abe gus; do
  for secret in "$(pin_of $user)" "$(secret_of $user)"; do
    ! grep -qF -- "$secret" "$out" || fail "the export has a secret of $user"
  done
done
python3 - "$out" <<'END' || fail "the export: $(cat "$out")"
import csv, sys
users = {row["user"]: row for row in csv.DictReader(open(sys.argv[1], newline=""))}
assert users["ute"]["next"] == "8" and users["ute"]["token"] == "hotp", users["ute"]
assert users["cole"]["next"] == "100" and users["cole"]["digits"] == "7", users["cole"]
assert users["cora"]["last_login"].endswith("Z") and users["cora"]["period"] == "60", users["cora"]
assert users["curt"]["disabled"] == "true" and users["curt"]["pin"] == "true", users["curt"]
assert list(users) == sorted(users), "not in the order of their names"
END

# More users than one answer of authd holds.
{ echo user; seq -f 'crowd-%03g' 1 150; } > "$LAB/crowd.csv"
done_well user import "$LAB/crowd.csv" --json
[ "$(wc -l < "$out")" = 150 ] && [ "$(grep -c '"secret":"[A-Z2-7]\{32\}"' "$out")" = 150 ] || fail "a crowd"
[ "$(ctl user export | wc -l)" = "$(ctl user list | wc -l)" ] || fail "export and list differ"
[ "$(ctl user list --json | grep -c '"user":"crowd-')" = 150 ] || fail "not all are listed"

# What a shell completes, with names that only authd knows.
complete_() { "$BIN/authctl" complete -s "$LAB/run/admin.sock" "$@"; }
[ "$(complete_ user show crowd-14 | wc -l)" = 10 ] || fail "completion: $(complete_ user show crowd-14)"
login alice
complete_ session kill "" | grep -qx "$(sid_of alice)" || fail "completion of a sid: $(complete_ session kill "")"
[ "$("$BIN/authctl" complete -s /nonexistent user show a; echo $?)" = 0 ] || fail "completion without authd"
[ "$(complete_ user import ""; echo $?)" = 1 ] || fail "completion of a file"

# Nothing of all this is in the log.
for user in bea cora cole curt cyd uma ute ada abe gus; do
  for secret in "$(pin_of $user)" "$(secret_of $user)"; do
    ! grep -qF -- "$secret" "$LAB/syslog" || fail "the log has a secret of $user"
  done
done

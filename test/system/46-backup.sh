#!/usr/bin/env bash
# timeout: 300
# A backup while people log in, and a restore: the file is whole or not there, opens only
# with the same sealing key, and no passcode that was ever spent works again.
. "$(dirname "$0")/lab.sh"
lab_up
setting authd lockout free_failures 1000
gate_start
enroll alice
for user in bob carol dave; do enroll $user --hotp; done
err=$LAB/run/ctl.err file=$LAB/users.backup

refused() {  # REASON, authctl's arguments
  local reason=$1
  shift
  ! ctl "$@" > "$LAB/run/out" 2> "$err" || fail "not refused: authctl $*"
  grep -qF -- "$reason" "$err" || fail "authctl $*: $(cat "$err")"
}

answer_to() {  # USER CODE: the status of a login; 303, too, when it shows the failures before it
  local answer
  answer=$(login_form "$1" "$(pin_of "$1")" "$2" -d host=www.$DOMAIN -d path=/)
  answer=${answer%% *}
  [ "$answer" != 200 ] || answer=303
  echo "$answer"
}
hotp() { oathtool --hotp -b -c "$2" "$(secret_of "$1")"; }

answer_to bob "$(hotp bob 0)" > "$LAB/run/first"

# While somebody logs in again and again.
for i in {0..9}; do answer_to carol "$(hotp carol $i)"; done > "$LAB/run/logins" &
logins=$!
for i in 1 2 3; do
  ctl backup "$file.$i" --json > "$LAB/run/out" || fail "backup $i"
  python3 -c 'import json, os, sys; row = json.load(sys.stdin); assert row["bytes"] == os.stat(row["file"]).st_size > 4096, row' \
    < "$LAB/run/out" || fail "$(cat "$LAB/run/out")"
done
wait $logins
[ "$(sort -u "$LAB/run/logins" "$LAB/run/first")" = 303 ] || fail "logins during a backup: $(cat "$LAB/run/logins")"
ctl backup "$file"
[ "$(stat -c %a "$file")" = 600 ] || fail "mode $(stat -c %a "$file")"
[ "$(find "$LAB" -maxdepth 1 -name 'users.backup.??????')" = "" ] || fail "a half backup stays"
for secret in alice bob "$(secret_of bob)" "$(pin_of bob)" SQLite; do
  ! grep -qF -- "$secret" "$file" || fail "$secret can be read in the backup"
done

# Where nothing can be written, nothing is.
refused "cannot write beside" backup /nonexistent/x
refused "is there and is no plain file" backup "$LAB/run"
refused "is there and is no plain file" backup /dev/null

# After the backup: codes are spent, a PIN changes, dave leaves, erin comes.
code=$(passcode alice)
[ "$(answer_to alice "$code")" = 303 ] || fail "alice"
for i in 1 2; do [ "$(answer_to bob "$(hotp bob $i)")" = 303 ] || fail "bob $i"; done
ctl user disable carol
ctl user remove dave
enroll erin --hotp
login erin

# What is no backup, or not a whole one, changes nothing.
head -c 20000 /dev/urandom > "$LAB/noise"
refused "is no backup" restore "$LAB/noise"
refused "is no backup" restore /dev/null
refused "cannot open" restore /nonexistent/x
size=$(stat -c %s "$file")
for cut in 48 100 3136 3137 $((size - 1)) $((size - 3088)); do
  head -c "$cut" "$file" > "$LAB/cut"
  refused "this backup cannot be opened" restore "$LAB/cut"
done
{ cat "$file"; echo; } > "$LAB/longer"
refused "this backup cannot be opened" restore "$LAB/longer"
python3 - "$file" "$LAB/flipped" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[2], "wb").write(data)
END
refused "this backup cannot be opened" restore "$LAB/flipped"
ctl restore "$file" --dry-run --json > "$LAB/run/dry" || fail "dry run"
ctl user show erin > "$LAB/run/out" || fail "something was changed: erin is gone"
refused "there is no user dave" user show dave
[ "$(ctl session list --user erin --json | wc -l)" = 1 ] || fail "a dry run ended a session"

# The restore: told as before, and all sessions end.
ctl restore "$file" --json > "$LAB/run/rows" || fail "restore"
cmp "$LAB/run/dry" "$LAB/run/rows" || fail "the dry run said something else: $(cat "$LAB/run/dry")"
python3 - "$LAB/run/rows" <<'END' || fail "$(cat "$LAB/run/rows")"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert all(list(row) == ["user", "result", "disabled", "lost", "usable"] for row in rows)
told = {row["user"]: (row["result"], row["disabled"], row["lost"]) for row in rows}
assert told == {"alice": ("same", False, False), "bob": ("same", False, False), "carol": ("same", True, False),
                "dave": ("back", False, True), "erin": ("removed", True, False)}, told
END
[ "$(ctl session list | wc -l)" = 0 ] || fail "sessions outlive the restore"
expect_status 401 -b "$(jar_of erin)" "https://www.$DOMAIN/"
expect_log "event=revoke sid=[a-z0-9]+ user=erin by=restore"
refused "there is no user erin" user show erin

# R5: what was spent since the backup stays spent; the next code works.
[ "$(answer_to alice "$code")" = 403 ] || fail "alice's spent code works again"
for i in 0 1 2; do [ "$(answer_to bob "$(hotp bob $i)")" = 403 ] || fail "bob's spent code $i works again"; done
[ "$(answer_to bob "$(hotp bob 3)")" = 303 ] || fail "bob's next code"

# dave is back, but nobody knows how often he has pressed: two codes say it.
[ "$(answer_to dave "$(hotp dave 0)")" = 403 ] || fail "a code of a lost token"
ctl user show dave | grep -q "^lost .*true" || fail "$(ctl user show dave)"
ctl user resync dave "$(hotp dave 5)" "$(hotp dave 6)"
[ "$(answer_to dave "$(hotp dave 6)")" = 403 ] || fail "dave's code of the resync"
[ "$(answer_to dave "$(hotp dave 7)")" = 303 ] || fail "dave after the resync"
note "spent codes stayed spent, and all sessions ended"

# A killed vault, before and after: what the restore said is on disk.
pid=$(role_pids authd vault)
kill -KILL "$pid"
is_new() { [ -n "$(role_pids authd vault)" ] && [ "$(role_pids authd vault)" != "$pid" ] && ctl user list > "$LAB/run/out" 2>&1; }
wait_for 20 is_new || fail "no new vault"
[ "$(answer_to bob "$(hotp bob 3)")" = 403 ] || fail "a crash brought bob's code back"

# The disk dies: an empty database, and the backup brings everybody back.
gate_stop
rm "$LAB"/jail/authd/vault/db/*
gate_start
ctl restore "$file" > "$LAB/run/table" || fail "restore into an empty database"
[ "$(grep -cE '^(alice|bob|carol|dave) +back ' "$LAB/run/table")" = 4 ] || fail "$(cat "$LAB/run/table")"
[ "$(answer_to alice "$(passcode alice)")" = 403 ] || fail "a code that may have been spent works"
for i in 0 3 6; do [ "$(answer_to bob "$(hotp bob $i)")" = 403 ] || fail "bob's code $i works again"; done  # as many as a stranger has
ctl user resync bob "$(hotp bob 8)" "$(hotp bob 9)"
[ "$(answer_to bob "$(hotp bob 10)")" = 303 ] || fail "bob after the resync"

# Another sealing key opens nothing.
gate_stop
rm "$LAB"/jail/authd/vault/db/*
head -c 32 /dev/urandom > "$LAB/keys/sealing.key"
gate_start
refused "this backup cannot be opened" restore "$file"
[ "$(ctl user list | wc -l)" = 0 ] || fail "users out of nowhere"
note "an empty database was filled again; with another key nothing was"

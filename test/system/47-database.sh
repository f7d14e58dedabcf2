#!/usr/bin/env bash
# A database that is not as it was left, or cannot be written, stops the start with the
# reason and is left alone; one that goes wrong while authd runs refuses the login.  No
# spent passcode comes back by any of it.
# timeout: 300
. "$(dirname "$0")/lab.sh"
lab_up
gate_tool
authd_start
VAULT_UID=$((UID_BASE + 22))
STORE=$LAB/jail/authd/vault/db
DB=$STORE/users.db
WAL=$DB-wal
for n in $(seq 20); do enroll user$n --hotp; done
enroll alice --hotp

# log_in USER COUNTER: "granted", "refused" or "lost".
cat > "$LAB/log-in.py" <<'END'
import sys
from gatecrowd import Crowd, code_of, pin_of
user, counter = sys.argv[1], int(sys.argv[2])
print(Crowd().login(user, pin_of(user), code_of(user, counter), "192.0.2.1").word)
END
log_in() { python3 "$LAB/log-in.py" "$@"; }
serves() { ctl session list > "$LAB/run/out" 2>&1; }
authd_on() {
  daemon_start authd
  wait_for 20 serves || fail "authd does not serve"
}

[ "$(log_in alice 0)" = granted ] || fail "no login with a good database"
daemon_stop authd

# What authd left: most of the database stands in its WAL.  And the same with every page in
# the database itself, and no WAL.
cp -a "$STORE" "$LAB/with-wal"
cp -a "$STORE" "$LAB/whole"
python3 - "$LAB/whole/users.db" <<'END'
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
assert d.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
d.close()
END
KEPT=$LAB/whole

good_again() {
  find "$STORE" -mindepth 1 -delete
  chown $VAULT_UID:$VAULT_UID "$STORE"
  chmod 700 "$STORE"
  cp -a "$KEPT/." "$STORE"
}
state_of() { find "$STORE" -printf '%P %m %U %s %l\n' | sort; find "$STORE" -type f -exec sha256sum {} + | sort; }

# refuses REASON: authd does not start, says why, and changes nothing.
refuses() {
  local status=0
  state_of > "$LAB/before"
  in_bastion "$BIN/authd" -c "$LAB/authd.conf" < /dev/null > "$LAB/refused" 2>&1 || status=$?
  [[ $status = 111 || $status = 100 ]] || fail "$1: authd starts, or ends oddly (exit $status) after: ${harm:-}"
  grep -qE -- "$1" "$LAB/refused" || fail "the reason is not \"$1\": $(cat "$LAB/refused")"
  state_of > "$LAB/after"
  diff "$LAB/before" "$LAB/after" || fail "$1: something was changed"
  [ ! -e "$LAB/run/authd.pid" ] || ! kill -0 "$(daemon_pid authd)" 2> /dev/null || fail "$1: it runs"
}

# loses_nothing: authd starts, everybody is there, and what was spent is spent.
loses_nothing() {
  authd_on
  [ "$(ctl user list --json | wc -l)" = 21 ] || fail "users are lost: $(ctl user list --json)"
  [ "$(log_in alice 0)" = refused ] || fail "a spent passcode opens"
  daemon_stop authd
}

# each_refused: rows of what is done to a good database | the reason.
each_refused() {
  local harm reason count=0
  while IFS='|' read -r harm reason; do
    good_again
    eval "$harm"
    refuses "$reason"
    count=$((count + 1))
  done
  note "$count of $1 refused, each with its reason"
}

shorter() { truncate -s $(($(stat -c %s "$1") - $2)) "$1"; }
noise() { dd if=/dev/urandom of="$1" bs=1 seek="$2" count="$3" conv=notrunc status=none; }
flip() {
  python3 -c 'import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0] ^ 255
    file.seek(-1, 1)
    file.write(bytes([byte]))' "$@"
}
# Where the first page of a table or an index is; others may be free, and harm nobody.  Asked
# of the copy: who closes a database last empties its WAL into it.
page_of() {
  python3 -c 'import sqlite3, sys
root, = sqlite3.connect(sys.argv[1]).execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", sys.argv[2:]).fetchone()
print((root - 1) * 4096)' "$LAB/whole/users.db" "$1"
}
sql() { python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.close()' "$DB" "$1"; }

good_again
loses_nothing
damaged="cannot open the vault's database .*(malformed|damaged)"
each_refused "damaged databases" <<END
shorter "\$DB" \$((\$(stat -c %s "\$DB") / 2))|$damaged
shorter "\$DB" 4096|$damaged
truncate -s 10 "\$DB"|not a database
noise "\$DB" 0 8192|not a database
noise "\$DB" \$(page_of users) 4096|$damaged
noise "\$DB" \$(page_of tokens) 4096|$damaged
noise "\$DB" \$(page_of logins) 4096|$damaged
noise "\$DB" \$(page_of logins_by_user) 4096|$damaged
noise "\$DB" \$(page_of sources) 4096|$damaged
sql "PRAGMA user_version=99"|schema has version 99
sql "PRAGMA user_version=-1"|schema has version -1
sql "PRAGMA application_id=7"|not the database of a Postern vault
sql "PRAGMA ignore_check_constraints=ON; UPDATE tokens SET digits = 1 WHERE user = 'alice'"|CHECK constraint failed
sql "DELETE FROM users WHERE name = 'alice'"|a row belongs to no user
END
each_refused "databases that are not ours, or open to others" <<END
chmod 644 "\$DB"|must not be open to group or others
chmod 400 "\$DB"|Permission denied
chown 0:0 "\$DB"|Permission denied
chown $((VAULT_UID + 1)) "\$DB"; chmod 666 "\$DB"|belongs to another user
mv "\$DB" "$STORE/other.db"; ln -s other.db "\$DB"|cannot open /db/users.db
mv "\$DB" "$STORE/other.db"; mkdir "\$DB"|cannot open /db/users.db
mv "\$DB" "$STORE/other.db"; mkfifo -m 600 "\$DB"; chown $VAULT_UID "\$DB"|not a plain file
chown 0:0 "$STORE"|db
chmod 777 "$STORE"|db
END
good_again
mv "$LAB/keys/sealing.key" "$LAB/keys/right.key"
(umask 077; head -c 32 /dev/urandom > "$LAB/keys/sealing.key")
refuses "this sealing key does not belong to"
mv "$LAB/keys/right.key" "$LAB/keys/sealing.key"

# What is damaged in the database is whole again when its WAL has it.
KEPT=$LAB/with-wal
for harm in true "noise \"\$DB\" \$(page_of users) 4096"; do
  good_again
  eval "$harm"
  loses_nothing
done
# The last bytes of a WAL may be of a transaction that never was confirmed.
good_again
head -c 2000 /dev/urandom >> "$WAL"
loses_nothing
each_refused "damaged WALs" <<END
noise "\$WAL" 0 32|its WAL is damaged, at the very beginning
noise "\$WAL" 40 8|its WAL is damaged, before the last
noise "\$WAL" 5000 100|its WAL is damaged, before the last
flip "\$WAL" \$((\$(stat -c %s "\$WAL") / 2))|its WAL is damaged, before the last [0-9]+ transactions
truncate -s 0 "\$DB"|it is empty, and its WAL is not
chmod 644 "\$WAL"|must not be open to group or others
chown 0:0 "\$WAL"|Permission denied
mv "\$WAL" "$STORE/other"; ln -s other "\$WAL"|cannot open /db/users.db
END

# Nothing can be written: a read-only mount, a full disk.
KEPT=$LAB/whole
good_again
mount --bind "$STORE" "$STORE"
trap 'status=$?; umount "$STORE" 2> /dev/null || :; set +e; (exit $status); lab_down' EXIT
mount -o remount,ro,bind "$STORE"
refuses "Read-only file system"
umount "$STORE"
mount -t tmpfs -o size=2m,mode=700,uid=$VAULT_UID,gid=$VAULT_UID tmpfs "$STORE"
good_again
head -c 4m /dev/zero > "$STORE/filler" 2> /dev/null || :
refuses "(disk is full|No space left|disk I/O error)"

# A disk that fills up under a running authd: no login, the reason in the log, nothing lost.
good_again
authd_on
head -c 4m /dev/zero > "$STORE/filler" 2> /dev/null || :
for counter in 1 2 3; do
  word=$(log_in alice $counter)
  [ "$word" = refused ] || fail "with a full disk a login is $word"
done
expect_log 'event=login .*user=alice .*result=fail reason=store-error$'
expect_log 'event=fault role=vault pid=- what="cannot use the database: (database or disk is full|disk I/O error)"$'
rm "$STORE/filler"
[ "$(log_in alice 4)" = granted ] || fail "there is room again, and still no login"
[ "$(log_in alice 0)" = refused ] || fail "a spent passcode opens"
daemon_stop authd
rm -rf "$KEPT"
cp -a "$STORE" "$KEPT"
umount "$STORE"
trap lab_down EXIT

# Somebody takes the file away, or puts an older one in its place.
good_again
authd_on
mv "$DB" "$LAB/away"
[ "$(log_in alice 5)" = refused ] || fail "a login without a database"
cp -a "$LAB/away" "$DB"
[ "$(log_in alice 6)" = refused ] || fail "a login with another database"
expect_log 'event=fault role=vault pid=- what="cannot use the database: /db/users.db was replaced by another file"$'
mv "$LAB/away" "$DB"
[ "$(log_in alice 7)" = granted ] || fail "the database is back, and still no login"
daemon_stop authd

# After all that: everybody is there, and what was spent is spent.
loses_nothing
authd_on
[ "$(log_in alice 7)" = refused ] || fail "a spent passcode opens"
[ "$(log_in alice 8)" = granted ] || fail "no login in the end"
daemon_stop authd
python3 -c 'import vaultdb; vaultdb.check()'

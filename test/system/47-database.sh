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
KEPT=$LAB/kept
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

[ "$(log_in alice 0)" = granted ] || fail "no login with a good database"
daemon_stop authd
mkdir "$KEPT"
cp -a "$STORE/." "$KEPT"

good_again() {
  rm -rf "${STORE:?}"/* "$STORE"/.[!.]*
  cp -a "$KEPT/." "$STORE"
}
state_of() { find "$STORE" -printf '%P %m %U %s %l\n' | sort; find "$STORE" -type f -exec sha256sum {} + | sort; }

# refuses REASON: authd does not start, says why, and changes nothing.
refuses() {
  local status=0
  state_of > "$LAB/before"
  in_bastion "$BIN/authd" -c "$LAB/authd.conf" < /dev/null > "$LAB/refused" 2>&1 || status=$?
  [[ $status = 111 || $status = 100 ]] || fail "$1: authd starts, or ends oddly (exit $status): $(cat "$LAB/refused")"
  grep -qE -- "$1" "$LAB/refused" || fail "the reason is not \"$1\": $(cat "$LAB/refused")"
  state_of > "$LAB/after"
  diff "$LAB/before" "$LAB/after" || fail "$1: something was changed"
  [ ! -e "$LAB/run/authd.pid" ] || ! kill -0 "$(daemon_pid authd)" 2>/dev/null || fail "$1: it runs"
}

# Damage.
truncate -s $(($(stat -c %s "$DB") / 2)) "$DB"
refuses "cannot open the vault's database .*(malformed|damaged)"
good_again
truncate -s $(($(stat -c %s "$DB") - 4096)) "$DB"
refuses "cannot open the vault's database .*(malformed|damaged)"
good_again
truncate -s 10 "$DB"
refuses "cannot open the vault's database .*not a database"
good_again
head -c 8192 /dev/urandom > "$DB"
refuses "cannot open the vault's database .*not a database"
for page in 1 2 3 5 8; do
  good_again
  dd if=/dev/urandom of="$DB" bs=4096 seek=$page count=1 conv=notrunc status=none
  refuses "cannot open the vault's database .*(malformed|damaged)"
done
good_again
python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute("PRAGMA user_version=99"); d.close()' "$DB"
refuses "schema has version 99"
good_again
python3 - "$DB" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as d:
    d.execute("PRAGMA ignore_check_constraints=ON")
    d.execute("UPDATE tokens SET digits = 1 WHERE user = 'alice'")
END
refuses "CHECK constraint failed"

# Not ours, or open to others.
good_again
chmod 644 "$DB"
refuses "must not be open to group or others"
good_again
chmod 400 "$DB"
refuses "Permission denied"
good_again
chown 0:0 "$DB"
refuses "Permission denied"
good_again
chown $((VAULT_UID + 1)) "$DB"
chmod 666 "$DB"
refuses "belongs to another user"
good_again
mv "$DB" "$STORE/other.db"
ln -s other.db "$DB"
refuses "cannot open /db/users.db"
good_again
chown 0:0 "$STORE"
refuses "db"
chown $VAULT_UID:$VAULT_UID "$STORE"
chmod 777 "$STORE"
refuses "db"
chmod 700 "$STORE"

# Another sealing key.
good_again
mv "$LAB/keys/sealing.key" "$LAB/keys/right.key"
(umask 077; head -c 32 /dev/urandom > "$LAB/keys/sealing.key")
refuses "this sealing key does not belong to"
mv "$LAB/keys/right.key" "$LAB/keys/sealing.key"

# Nothing can be written: a read-only mount, a full disk.
in_bastion unshare -m true || skip "no mount namespaces here"
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
daemon_start authd
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
rm -rf "${KEPT:?}"/*
cp -a "$STORE/." "$KEPT"
umount "$STORE"
trap lab_down EXIT

# Somebody takes the file away, or puts an older one in its place.
good_again
daemon_start authd
mv "$DB" "$LAB/away"
[ "$(log_in alice 5)" = refused ] || fail "a login without a database"
cp -a "$LAB/away" "$DB"
[ "$(log_in alice 6)" = refused ] || fail "a login with another database"
expect_log 'event=fault role=vault pid=- what="cannot use the database: /db/users.db was replaced by another file"$'
mv "$LAB/away" "$DB"
[ "$(log_in alice 7)" = granted ] || fail "the database is back, and still no login"
daemon_stop authd

# After all that: everybody is there, and what was spent is spent.
daemon_start authd
[ "$(ctl user list --json | wc -l)" = 21 ] || fail "users are lost: $(ctl user list --json)"
[ "$(log_in alice 7)" = refused ] || fail "a spent passcode opens"
[ "$(log_in alice 8)" = granted ] || fail "no login in the end"
daemon_stop authd
python3 -c 'import vaultdb; vaultdb.check()'

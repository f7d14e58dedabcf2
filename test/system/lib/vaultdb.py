"""What stands in the vault's database while authd is down.  It is looked at in a copy, so
that SQLite's recovery of the WAL is not done here for the vault."""
import os
import shutil
import sqlite3
import tempfile

DB = os.environ["LAB"] + "/jail/authd/vault/db/users.db"


def ask(sql, path=DB):
    with tempfile.TemporaryDirectory() as copy:
        for suffix in ("", "-wal"):
            if os.path.exists(path + suffix):
                shutil.copy(path + suffix, copy + "/db" + suffix)
        connection = sqlite3.connect(copy + "/db")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def check(path=DB):
    found = ask("PRAGMA integrity_check", path)
    assert found == [("ok",)], f"the database is damaged: {found}"


def counters(path=DB):
    """{user: the lowest counter that is not spent}"""
    return dict(ask("SELECT user, next FROM tokens WHERE user <> '-'", path))

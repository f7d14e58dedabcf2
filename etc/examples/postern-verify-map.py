#!/usr/bin/python3
"""postern-verify-map.py LOGIN-HOST CA-FILE: a RewriteMap for Apache, of the kind prg.  Reads values
of the session cookie, one a line, asks the gate whose they are, and writes the user's
name, or NULL for nobody.  CA-FILE has the authorities that may sign for the gate."""
import http.client
import re
import ssl
import sys

LOGIN_HOST, CA_FILE = sys.argv[1:]
COOKIE_NAME = "SessionID"
gate = http.client.HTTPSConnection(LOGIN_HOST, timeout=5,
                                   context=ssl.create_default_context(cafile=CA_FILE))


def ask(value):
    gate.request("GET", "/verify", headers={"Cookie": f"{COOKIE_NAME}={value}"})
    answer = gate.getresponse()
    answer.read()
    return answer.getheader("X-Postern-User") if answer.status == 200 else None


def user_of(value):
    if not re.fullmatch("[A-Za-z0-9_-]{43}", value):
        return None
    for _ in range(2):  # the gate closes connections that were idle
        try:
            return ask(value)
        except (OSError, http.client.HTTPException):
            gate.close()
    return None


for line in sys.stdin:
    print(user_of(line.rstrip("\n")) or "NULL", flush=True)

#!/usr/bin/python3
"""postern-assertion.py LOGIN-HOST [CA-FILE]: checks assertions for nginx (auth_request).

Asked with X-Postern-Assertion and X-Audience, it answers 204 with Remote-User, or 401.
It listens on port 9095 of 127.0.0.1.  Run it as a user of its own; with the file of your
authority when that one signed the gate's certificate.  Needs Debian's python3-jwt and
python3-cryptography."""
import http.server
import os
import sys

import jwt

LOGIN_HOST = sys.argv[1]
if len(sys.argv) > 2:
    os.environ["SSL_CERT_FILE"] = sys.argv[2]  # for urllib, which fetches the keys
ISSUER = "https://" + LOGIN_HOST
# Fetched when it is needed, kept for five minutes, and fetched again for an unknown key.
KEYS = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json", lifespan=300)


def user_of(token, audience):
    """The user's name; raises when the assertion is not good here and now."""
    key = KEYS.get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key.key, algorithms=["ES256"], issuer=ISSUER, audience=audience, leeway=30,
                        options={"require": ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "dst"]})
    return claims["sub"]


class Check(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        tokens = self.headers.get_all("X-Postern-Assertion") or []
        audiences = self.headers.get_all("X-Audience") or []
        user = None
        if len(tokens) == 1 and len(audiences) == 1:
            try:
                user = user_of(tokens[0], audiences[0])
            except (jwt.PyJWTError, OSError, ValueError) as error:
                self.log_message("refused: %s", error)
        self.send_response(204 if user else 401)
        if user:
            self.send_header("Remote-User", user)
        self.end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", 9095), Check).serve_forever()

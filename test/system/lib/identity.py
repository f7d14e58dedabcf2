"""Checks assertions as a server would, with Debian's python3-jwt and nothing of ours; and
makes bad ones, with keys that the test has."""
import base64
import hashlib
import json
import time

import jwt

LOGIN = "https://login.corp.example"


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def keys_of(jwks):
    """{kid: key}; each kid must be the key's thumbprint (RFC 7638)."""
    found = {}
    for key in json.loads(jwks)["keys"]:
        members = {name: key[name] for name in ("crv", "kty", "x", "y")}
        text = json.dumps(members, separators=(",", ":"), sort_keys=True)
        assert key["kid"] == written(hashlib.sha256(text.encode()).digest()), key
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig"), key
        assert "d" not in key, "the private half is shown"
        found[key["kid"]] = jwt.PyJWK(key).key
    return found


def claims_of(token, jwks, host):
    head = jwt.get_unverified_header(token)
    assert (head["alg"], head["typ"], set(head)) == ("ES256", "JWT", {"alg", "typ", "kid"}), head
    claims = jwt.decode(token, keys_of(jwks)[head["kid"]], algorithms=["ES256"], issuer=LOGIN,
                        audience="https://" + host, options={"require": ["exp", "iat", "nbf", "sub", "sid", "dst"]})
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "nbf", "exp", "dst"}, claims
    assert 0 < claims["exp"] - claims["iat"] <= 300 and claims["nbf"] == claims["iat"], claims
    assert -60 <= claims["iat"] - time.time() <= 2, claims
    return claims


def forged(token, key_pem, host):
    """{what is wrong: token}, all made from a good one for `host`."""
    head, claims, signature = token.split(".")
    good = json.loads(bytes_of(claims))
    kid = json.loads(bytes_of(head))["kid"]
    now = int(time.time())

    def signed(algorithm="ES256", key=key_pem, **changed):
        return jwt.encode({**good, **changed}, key, algorithm=algorithm, headers={"kid": kid})

    other = written(json.dumps({**good, "sub": "root"}).encode())
    none = written(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return {
        "another user": f"{head}.{other}.{signature}",
        "a changed signature": f"{head}.{claims}." + written(bytes_of(signature)[:-1] + b"\0"),
        "no signature": f"{head}.{claims}.",
        "no algorithm": f"{none}.{claims}.",
        "expired": signed(iat=now - 1000, nbf=now - 1000, exp=now - 700),
        "another audience": signed(aud="https://other.corp.example"),
        "a longer audience": signed(aud=f"https://{host}.evil.example"),
        "another issuer": signed(iss="https://login.evil.example"),
        "a secret instead of a key": signed("HS256", "0" * 32),
        "no assertion": "x",
        "nothing": "",
    }

"""A little W3C WebDriver client (https://www.w3.org/TR/webdriver2/) for one headless
Chromium, which trusts one extra key and knows the names of the lab.

    with webdriver.Browser(profile_dir) as b:
        b.go("https://www.corp.example/")
        b.find("input[name=user]").type("alice")"""
import base64
import hashlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

LAB = os.environ["LAB"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # fixed by the specification


def spki_of(certificate):
    """The hash of a certificate's public key, as Chromium wants it."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key,
                         check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def rules():
    with open(LAB + "/hosts") as file:
        return ", ".join(f"MAP {name} {v4}" for name, v4, _ in map(str.split, file))


def arguments(profile, certificate):
    return ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--window-size=1000,700", f"--user-data-dir={profile}",
            f"--host-resolver-rules={rules()}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={spki_of(certificate)}"]


class Element:
    def __init__(self, browser, name):
        self.browser, self.path = browser, f"/element/{name}"

    def type(self, text):
        self.browser.call("POST", self.path + "/value", {"text": text})

    def clear(self):
        self.browser.call("POST", self.path + "/clear", {})

    def click(self):
        self.browser.call("POST", self.path + "/click", {})

    @property
    def text(self):
        return self.browser.call("GET", self.path + "/text")

    def attribute(self, name):
        return self.browser.call("GET", f"{self.path}/attribute/{name}")


class Browser:
    def __init__(self, profile, certificate=LAB + "/certs/gate.pem", port=9515, preferences=None):
        self.base = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            self.wait_ready()
            options = {"args": arguments(profile, certificate), "binary": "/usr/bin/chromium",
                       "prefs": preferences or {}}
            asked = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
            self.base += "/session/" + self.request("POST", "/session", asked)["sessionId"]
        except BaseException:
            self.driver.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.request("DELETE", "", None)
        finally:
            self.driver.terminate()
            self.driver.wait(10)

    def wait_ready(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                if self.request("GET", "/status", None)["ready"]:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("chromedriver does not answer")
            time.sleep(0.05)  # between two looks

    def request(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                       method=method)
        try:
            with self.opener.open(asked, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            raise RuntimeError(json.load(problem)["value"]["message"]) from None

    def call(self, method, path, body=None):
        return self.request(method, path, body)

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.call("GET", "/url")

    @property
    def title(self):
        return self.call("GET", "/title")

    @property
    def source(self):
        return self.call("GET", "/source")

    def devtools(self, command, **values):
        """A command of Chromium's own protocol, for what WebDriver has no word for."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": values})

    def look(self, width, height, scheme):
        """A screen of that size, and a person who likes it light or dark."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme},
                                {"name": "prefers-reduced-motion", "value": "reduce"}])

    def press(self, key):
        """One key, to whatever has the focus."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def find(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return Element(self, found[ELEMENT])

    def cookies(self):
        return self.call("GET", "/cookie")

    def drop_cookie(self, name):
        self.call("DELETE", f"/cookie/{name}")

    def script(self, text, *values):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(values)})

    def promise(self, text, *values):
        """What the promise `text` brings."""
        kept = "const done = arguments[arguments.length - 1]; Promise.resolve(%s).then(v => done([v]), e => done(String(e)));"
        brought = self.call("POST", "/execute/async", {"script": kept % text, "args": list(values)})
        if not isinstance(brought, list):
            raise RuntimeError(brought)
        return brought[0]

    def follow(self, element):
        """Clicks on what leads to another page, and returns once that one is there."""
        old = self.document()
        element.click()
        self.wait_until(lambda: self.document() not in (None, old), "no other page")

    def document(self):
        """When the page began, which no other page shares; None while it is loading."""
        try:
            return self.script("return document.readyState === 'complete' ? performance.timeOrigin : null")
        except RuntimeError:  # in the middle of the way to another page
            return None

    def wait_until(self, condition, complaint, seconds=10):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{complaint}: {self.url}: {self.source[:2000]}")
            time.sleep(0.05)  # between two looks

    def wait_url(self, url):
        self.wait_until(lambda: self.url == url, f"not at {url}")

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def whole_page(self, path):
        """A screenshot of all of it, also what is below the screen."""
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                             clip=dict(self.script("const e = document.documentElement; return {x: 0, y: 0, scale: 1,"
                                                   "width: innerWidth, height: Math.max(e.scrollHeight, innerHeight)}")))
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

"""app.py CERTIFICATE KEY ADDRESS: a web application of the intranet, over TLS (port 443),
that knows only http:// addresses: its page names its script and an image with
http://www.corp.example/, and its form is answered with a redirect to http://."""
import http.server
import sys
import urllib.parse

import stream

PIXEL = (b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">'
         b'<rect width="20" height="10" fill="teal"/></svg>')
PAGE = b"""<!doctype html>
<meta charset="utf-8"><title>app</title>
<link rel="stylesheet" href="/style.css">
<h1>app</h1>
<img id="near" src="/pixel.svg"> <img id="far" src="http://www.corp.example/pixel.svg">
<script src="/near.js"></script>
<script src="http://www.corp.example/far.js"></script>
<form method="post" action="/form"><input name="text"><button type="submit">send</button></form>
<script>
const results = {};
fetch('/json').then(a => a.json()).then(a => { results.get = a.word; });
fetch('/echo', { method: 'POST', body: 'x'.repeat(100000) }).then(a => a.text()).then(t => { results.post = t; });
fetch('/missing').then(a => { results.missing = a.status; });
const events = new EventSource('/events');
results.events = [];
events.onmessage = (e) => { results.events.push(e.data); if (e.data === '3') events.close(); };
</script>
"""
FILES = {
    "/": ("text/html; charset=utf-8", PAGE),
    "/style.css": ("text/css", b"h1 { color: rgb(1, 2, 3) }"),
    "/near.js": ("text/javascript", b"window.near = 1;"),
    "/pixel.svg": ("image/svg+xml", PIXEL),
    "/json": ("application/json", b'{"word": "got"}'),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, kind, body, **fields):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/events":
            return self.events()
        if path == "/done":
            return self.say(200, "text/html", b"<title>done</title>cookie: " + self.headers.get("Cookie", "-").encode())
        if path not in FILES:
            return self.say(404, "text/plain", b"not here\n")
        self.say(200, *FILES[path], Set_Cookie="app=1; Path=/")

    def events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for n in (1, 2, 3):
            data = b"data: %d\n\n" % n
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/echo":
            return self.say(200, "text/plain", b"%d" % len(body))
        text = urllib.parse.parse_qs(body.decode()).get("text", [""])[0]
        host = self.headers["Host"]
        self.say(303, "text/plain", b"", Location=f"http://{host}/done?{urllib.parse.urlencode({'text': text})}",
                 Set_Cookie="form=" + urllib.parse.quote(text))

    def log_message(self, *_):
        pass


server = stream.HttpsServer(Handler, sys.argv[3], stream.tls(*sys.argv[1:3]))
print("ready", flush=True)
server.serve_forever()

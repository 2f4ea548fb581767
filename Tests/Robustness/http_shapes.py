#!/usr/bin/env python3
"""Raw bytes on the plain port: smuggled requests, odd framing, hosts, origins, targets, methods and other protocols.

    http_shapes.py --binary FILE

Each shape has the statuses that may be answered, in order; a request hidden in another one's body must never be
answered. Afterwards: forged continue tokens, odd query parameters, pipelines of thousands of requests.
"""
import argparse
import base64
import json
import os
import random
import re
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Connection, forget_peak, sample  # noqa: E402

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /version HTTP/1.1\r\n"
HIDDEN = b"GET /api/v1/namespaces HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
BODY = b'{"metadata":{"generateName":"a"}}'
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
SIZE = b"Content-Length: 33\r\n\r\n"
CLOSED = [[400], []]  # refused, or the connection closed without an answer

FRAMING = {
    "length and chunks": (POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, CLOSED),
    "chunks and length": (CHUNKED + b"Content-Length: 6\r\n\r\n0\r\n\r\n" + HIDDEN, CLOSED),
    "two lengths that differ": (POST + b"Content-Length: 2\r\n" + SIZE + BODY, CLOSED),
    "a list of lengths": (POST + b"Content-Length: 33, 34\r\n\r\n" + BODY, CLOSED),
    "a length with a sign": (POST + b"Content-Length: +33\r\n\r\n" + BODY, CLOSED),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n" + BODY, CLOSED),
    "a hexadecimal length": (POST + b"Content-Length: 0x21\r\n\r\n" + BODY, CLOSED),
    "a length past 64 bits": (POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY, [[400], [413], []]),
    "a length of 4 MiB": (POST + b"Content-Length: 4194304\r\n\r\n" + BODY, [[413]]),
    "a space before the colon of a length": (POST + b"Content-Length : 33\r\n\r\n" + BODY, CLOSED),
    "an unknown coding": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN, [[400], [501], []]),
    "chunked, then another coding": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN, [[400], [501], []]),
    "chunked twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, [[400], [501], []]),
    "a vertical tab before chunked": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN, CLOSED),
    "a chunk with an extension": (CHUNKED + b'\r\n21;a=b;c="d"\r\n' + BODY + b"\r\n0\r\n\r\n", [[201]]),
    "an extension with a bare line feed": (CHUNKED + b"\r\n21;\n" + BODY + b"\r\n0\r\n\r\n", CLOSED),
    "chunks that end with bare line feeds": (CHUNKED + b"\r\n21\n" + BODY + b"\n0\n\n", CLOSED),
    "a chunk size past 64 bits": (CHUNKED + b"\r\nFFFFFFFFFFFFFFFFF\r\n" + BODY, CLOSED),
    "a chunk size with 0x": (CHUNKED + b"\r\n0x21\r\n" + BODY + b"\r\n0\r\n\r\n", CLOSED),
    "a chunk that is longer than its size": (CHUNKED + b"\r\n21\r\n" + BODY + b"XX0\r\n\r\n" + HIDDEN, CLOSED),
    "trailers with a Host and a length": (CHUNKED + b"Trailer: Host\r\n\r\n21\r\n" + BODY + b"\r\n0\r\nHost: evil\r\nContent-Length: 9\r\n\r\n", [[400], [201], []]),
    "trailers of 2 MB": (CHUNKED + b"\r\n21\r\n" + BODY + b"\r\n0\r\n" + b"A: b\r\n" * 350_000 + b"\r\n", [[431], [400], []]),
    "an extension of 2 MB": (CHUNKED + b"\r\n21;" + b"a" * 2_000_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n", [[201], [400], [431], []]),
    "a body announced with Expect": (POST + b"Expect: 100-continue\r\n" + SIZE + BODY, [[100, 201], [201]]),
    "an unknown expectation": (POST + b"Expect: 200-ok\r\n" + SIZE + BODY, [[417]]),
    "a GET with a body": (GET + HOST + b"Content-Length: 5\r\n\r\nhello" + HIDDEN, [[200, 200]]),
}
HEADS = {
    "a folded header": (GET + HOST + b"X: a\r\n b\r\n\r\n", CLOSED), "a folded Host": (GET + b"Host:\r\n 127.0.0.1\r\n\r\n", CLOSED),
    "a fold first": (GET + b" Host: 127.0.0.1\r\n\r\n", CLOSED), "a bare carriage return": (GET + HOST + b"X: a\rY: b\r\n\r\n", CLOSED),
    "a NUL": (GET + HOST + b"X: a\x00b\r\n\r\n", CLOSED), "a space before a colon": (GET + HOST + b"X : a\r\n\r\n", CLOSED),
    "a header without a name": (GET + HOST + b": a\r\n\r\n", CLOSED), "no Host": (GET + b"\r\n", CLOSED), "two Hosts": (GET + HOST + HOST + b"\r\n", CLOSED),
    "HTTP/1.0 without a Host": (b"GET /version HTTP/1.0\r\n\r\n", [[200]]), "bare line feeds": (b"GET /version HTTP/1.1\nHost: 127.0.0.1\n\n", [[400], [505], []]),
    "HTTP/0.9": (b"GET /version\r\n\r\n", [[400], [505], []]), "HTTP/9.9": (b"GET /version HTTP/9.9\r\n" + HOST + b"\r\n", [[400], [505], []]),
    "HTTP/2 by prior knowledge": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", [[400], [505], []]),
    "an upgrade to HTTP/2": (GET + HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", [[200]]),
    "a TLS greeting": (bytes.fromhex("16030100c8010000c40303") + bytes(range(200)), CLOSED), "noise": (random.Random(7).randbytes(500), CLOSED),
    "a request after Connection: close": (GET + HOST + b"Connection: close\r\n\r\n" + HIDDEN, [[200]]),
    "50 empty lines first": (b"\r\n" * 50 + GET + HOST + b"\r\n", [[200], [400], []]),
    "a verb in another header": (POST + b"X-HTTP-Method-Override: DELETE\r\n" + SIZE + BODY, [[201]]),
}
# Names that must not be accepted as this server's, such as a DNS rebinding attack by a web page would use.
FOREIGN_HOSTS = [b"evil.com", b"127.0.0.1.evil.com", b"localhost.evil.com", b"127.0.0.1@evil.com", b"evil.com:8080", b"127.1", b"0.0.0.0",
                 b"[::ffff:127.0.0.1]", b"", b"127.0.0.1,evil.com", b"2130706433", b"127.0.0.1\tx"]
FOREIGN_ORIGINS = [b"null", b"http://evil.com", b"http://127.0.0.1.evil.com", b"http://localhost@evil.com", b"file://", b"chrome-extension://abc", b""]
OTHER_TYPES = [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"application/json, text/plain", b"text/plain;application/json"]
TARGETS = {b"http://127.0.0.1/version": [200], b"http://evil.com/version": [403], b"//evil.com/version": [404], b"/version#x": [404, 400], b"version": [400],
           b"*": [400, 404], b"http://": [400, 403], b"/api/v1/../../version": [404], b"/api/v1/./namespaces": [404], b"/version%": [400], b"/version%zz": [400],
           b"/%2fversion": [404], b"/\xc3\xa9": [400, 404], b"/api/v1/namespaces/default/configmaps/a%2f..%2fb": [404],
           b"/api/v1/namespaces/default/configmaps/%2e%2e": [400, 404], b"/api/v1/namespaces/default/configmaps/a%00b": [400, 404],
           b"/api/v1/namespaces/default/..;/configmaps": [404], b"/api/v1/namespaces/default/configmaps/%ff%fe": [400, 404],
           b"/debug/../api": [404], b"/debug/explain/services/default/..%2f..%2fx": [404], b"/debug/explain/services/%00/x": [404],
           b"/debug/explain/services/default/<script>alert(1)</script>": [400, 404], b"/debug/resolvconf/default/%0d%0aSet-Cookie:x": [404],
           b"/logs/": [404], b"/debug/pprof/": [404], b"/configz": [404], b"/api/v1/namespaces/default/configmaps?continue=%00": [400]}
METHODS = {b"TRACE": [405], b"CONNECT": [405, 400], b"PROPFIND": [405, 400], b"FOO": [400, 405], b"get": [400, 405], b"PURGE": [405, 400]}


class Shapes:
    def __init__(self, server, checks):
        self.server, self.checks = server, checks
        self.address = Connection(server.url).address

    def raw(self, data, wait=0.4):
        """(statuses in order, all bytes received, whether the connection was closed)"""
        said, closed = b"", False
        with socket.create_connection(self.address) as one:
            one.settimeout(wait if len(data) < 100_000 else 3)
            try:
                one.sendall(data)
            except OSError:
                pass  # refused half-way: the answer has arrived
            try:
                while True:
                    chunk = one.recv(1 << 16)
                    if not chunk:
                        closed = True
                        break
                    said += chunk
            except TimeoutError:
                pass
            except OSError:
                closed = True
        return [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d{3})", said)], said, closed

    def shape(self, name, data, allowed):
        statuses, said, closed = self.raw(data)
        hidden = HIDDEN in data and b"NamespaceList" in said and not any(len(s) > 1 for s in allowed)
        # After untrustworthy framing the connection must be closed; a Status shows that the request was understood.
        understood = b'"kind":"Status"' in said or any(s < 400 or s in (404, 417) for s in statuses)
        right = statuses in allowed and not hidden and (closed or understood)
        self.checks.check(f"{name}: {' or '.join(map(str, allowed))}", right, f"{statuses}, closed {closed}: {said[:200]!r}")

    def run(self):
        for name, (data, allowed) in {**FRAMING, **HEADS}.items():
            self.shape(name, data, allowed)
        for host in FOREIGN_HOSTS:
            self.shape(f"the host {host.decode()!r}", GET + b"Host: " + host + b"\r\n\r\n", [[403], [400]])
        for host in (b"[::1]", b"LOCALHOST:19", b"localhost", b"127.0.0.1:99"):
            self.shape(f"the host {host.decode()}", GET + b"Host: " + host + b"\r\n\r\n", [[200]])
        for origin in FOREIGN_ORIGINS:
            self.shape(f"a page of {origin.decode()!r} that posts", POST.replace(b"application/json", b"text/plain") + b"Origin: " + origin + b"\r\n" + SIZE + BODY, [[403]])
        for kind in OTHER_TYPES:
            self.shape(f"a body that is {kind.decode()}", POST.replace(b"application/json", kind) + SIZE + BODY, [[415]])
        for target, allowed in TARGETS.items():
            self.shape(f"the target {target.decode('latin1')[:50]}", b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n", [[s] for s in allowed])
        for method, allowed in METHODS.items():
            self.shape(f"the method {method.decode()}", method + b" /version HTTP/1.1\r\n" + HOST + b"\r\n", [[s] for s in allowed])
        _, said, _ = self.raw(b"GET /debug/resolvconf/default/%0d%0aSet-Cookie:x HTTP/1.1\r\n" + HOST + b"\r\n")
        self.checks.check("no header can be brought in by a path", b"\r\nSet-Cookie" not in said.split(b"\r\n\r\n")[0], said[:300])
        self.tokens()
        self.parameters()
        self.pipelines()
        self.checks.check("the server is unharmed", self.server.process.poll() is None and self.server.get("/livez") == "ok", self.server.process.poll())

    def tokens(self):
        connection = Connection(self.server.url)
        for token in ({"v": "meta.k8s.io/v1", "rv": 5, "start": "kube-system/x\0"}, {"v": "meta.k8s.io/v1", "rv": 5, "start": "../../x"},
                      {"v": "meta.k8s.io/v1", "rv": 9 ** 15, "start": "a/b"}, {"v": "meta.k8s.io/v1", "rv": -9 ** 15, "start": "a/b"},
                      {"v": "meta.k8s.io/v1", "rv": 2 ** 63 - 1, "start": "a/b"}, {"v": "meta.k8s.io/v1", "rv": 2 ** 64, "start": "a/b"},
                      {"v": "meta.k8s.io/v1", "rv": 1.5, "start": "a/b"}, {"v": "meta.k8s.io/v1", "rv": "5", "start": "a/b"}, [1],
                      {"v": "meta.k8s.io/v1", "rv": 10, "start": "/"}, {"v": "v1", "rv": 1}, "{" * 400, {"start": "x" * 100_000}):
            text = base64.urlsafe_b64encode(token.encode() if isinstance(token, str) else json.dumps(token).encode()).decode().rstrip("=")
            status, body = connection.request("GET", "/api/v1/namespaces/default/configmaps?limit=2&continue=" + text)
            # Nothing of another namespace is shown, whatever the token says.
            right = status in (200, 400, 410, 414, 431) and b"kube-system" not in body.replace(json.dumps(token).encode(), b"")
            self.checks.check(f"a forged token {str(token)[:50]}", right, f"{status} {body[:200]!r}")

    def parameters(self):
        connection = Connection(self.server.url)
        for query, allowed in {"limit=-1": [200, 400], "limit=9223372036854775807": [200], "limit=9223372036854775808": [400], "limit=1e3": [400], "limit=%00": [400],
                               "resourceVersion=-1": [400, 500], "resourceVersion=18446744073709551616": [400, 500], "resourceVersion=0x1": [400, 500],
                               "resourceVersion=9223372036854775807": [504], "resourceVersion=18446744073709551615": [504], "timeoutSeconds=abc": [400]}.items():
            status, body = connection.request("GET", "/api/v1/namespaces/default/configmaps?" + query)
            self.checks.check(f"?{query}", status in allowed, f"{status} {body[:200]!r}")
        for query, seconds in {"timeoutSeconds=1": 1, "timeoutSeconds=9223372036854775807": None, "timeoutSeconds=-9223372036854775808": None,
                               "timeoutSeconds=99999999999": None}.items():
            began = time.monotonic()
            statuses, said, _ = self.raw(b"GET /api/v1/services?watch=1&" + query.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n", wait=1.5)
            ended = said.endswith(b"0\r\n\r\n")
            self.checks.check(f"a watch with {query}", statuses == [200] and ended == (seconds is not None), f"{statuses}, ended {ended} after {time.monotonic() - began:.1f} s")

    def pipelines(self):
        """10,000 requests at once are answered; for a client that does not read, the answers kept are bounded."""
        count, connection = 10_000, Connection(self.server.url, timeout=30)
        connection.open()
        threading.Thread(target=connection.socket.sendall, args=((GET + HOST + b"\r\n") * count,), daemon=True).start()
        answered = sum(1 for _ in range(count) if connection.answer("GET")[0] == 200)
        self.checks.check("10,000 requests in one go are answered in turn", answered == count, answered)
        pid = self.server.process.pid
        before = sample(pid)["VmRSS"]
        forget_peak(pid)
        with socket.create_connection(self.address) as one:
            one.setblocking(False)
            requests, sent, until = (b"GET /openapi/v2 HTTP/1.1\r\n" + HOST + b"\r\n") * 1000, 0, time.monotonic() + 4
            while time.monotonic() < until:
                try:
                    sent += one.send(requests)
                except BlockingIOError:
                    time.sleep(0.05)
                except OSError:
                    break
        grown = (sample(pid)["VmHWM"] - before) // 1024
        self.checks.check("a pipeline that is not read costs little", grown < 60, f"+{grown} MiB for {sent} bytes of requests")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, "--bare", "--dns-listen", "none") as server:
        Shapes(server, checks).run()
        return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Sends what no client should send; each request must be answered or its connection closed, and the server unharmed.

    bad_input.py --binary .build/debug/fairlead
"""
import argparse
import json
import os
import resource
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

COLLECTION = "/api/v1/namespaces/default/configmaps"


class Raw:
    """HTTP over a raw socket."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self.address = (host, int(port))

    def connect(self):
        connection = socket.create_connection(self.address, timeout=10)
        connection.settimeout(10)
        return connection

    def send(self, data):
        """Everything the server sends in answer to these bytes until it closes or falls silent."""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            answer = b""
            try:
                while chunk := connection.recv(65536):
                    answer += chunk
            except OSError:
                pass
            return answer

    def request(self, method, path, body=b"", headers=()):
        """The status and body of one request on a connection of its own."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        answer = self.send(head.encode() + b"\r\n" + body)
        if not answer:
            return 0, b""
        top, _, rest = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), rest


class BadInput(Checks):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.raw = Raw(server.url)

    def answers(self, claim, code, method, path, body=b"", headers=(("Content-Type", "application/json"),)):
        status, text = self.raw.request(method, path, body, headers)
        wanted = code if isinstance(code, tuple) else (code,)
        isStatus = b'"kind":"Status"' in text or b"kind: Status" in text or 404 in wanted
        self.check(claim, status in wanted and isStatus, f"{status} {text[:300]!r}")

    def unharmed(self, after):
        status, text = self.raw.request("GET", "/readyz")
        self.check(f"unharmed after {after}", status == 200, f"{status} {text!r}")

    def bodies(self):
        json_type = (("Content-Type", "application/json"),)
        yaml_type = (("Content-Type", "application/yaml"),)
        for name, body in [
            ("an empty body", b""), ("half an object", b'{"metadata":{"name":'), ("an array", b"[]"), ("a string", b'"x"'),
            ("a number", b"1"), ("a bare word", b"nonsense"), ("a lone surrogate", b'{"metadata":{"name":"\\ud800"}}'),
            ("invalid UTF-8", b'{"metadata":{"name":"\xff\xfe"}}'), ("a NUL", b"\0"), ("trailing garbage", b'{"kind":"ConfigMap"}x'),
            ("10,000 open brackets", b"[" * 10000), ("10,000 open objects", b'{"a":' * 10000),
            ("a number of 10,000 digits", b'{"metadata":{"name":"a","generation":' + b"9" * 10000 + b"}}"),
            ("a wrong type", b'{"metadata":{"name":"a"},"data":[1]}'), ("another kind", b'{"apiVersion":"v1","kind":"Pod"}'),
            ("an unknown kind", b'{"apiVersion":"x/v1","kind":"Nonsense"}'),
        ]:
            self.answers(f"JSON: {name}", (400, 422), "POST", COLLECTION, body, json_type)
        for name, body in [
            ("an open bracket", b"a: ["), ("a tab", b"a:\n\t- b"), ("an alias bomb", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
                b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % ((98 + i, 98 + i) + (97 + i,) * 8) for i in range(12))),
            ("a scalar", b"just text"), ("an undefined alias", b"a: *nope"), ("invalid UTF-8", b"a: \xff\xfe"),
            ("deep nesting", b"[" * 5000), ("a binary tag", b"metadata: !!binary aGVsbG8="),
        ]:
            self.answers(f"YAML: {name}", (400, 422), "POST", COLLECTION, body, yaml_type)
        self.answers("a body of another type", 415, "POST", COLLECTION, b"{}", (("Content-Type", "text/csv"),))
        self.answers("a patch of no type", 415, "PATCH", COLLECTION + "/kube-root-ca.crt", b"{}", ())
        self.answers("a body over 3 MiB", 413, "POST", COLLECTION, b"{" + b" " * (3 * 1024 * 1024 + 1))
        for kind in ("application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"):
            for body in (b"", b"[", b'"x"', b"1", b'[{"op":"nope"}]', b'[{"op":"add","path":"x","value":1}]', b'{"metadata":1}'):
                status, text = self.raw.request("PATCH", COLLECTION + "/kube-root-ca.crt", body, (("Content-Type", kind),))
                self.check(f"{kind} {body!r}", 400 <= status < 500 or status == 500 and b"Status" in text, f"{status} {text[:200]!r}")
        self.unharmed("bad bodies")

    def names(self):
        for character in list(range(1, 45)) + [47] + list(range(58, 97)) + list(range(123, 128)) + [0x00e9, 0x4e2d, 0x1f600]:
            body = json.dumps({"metadata": {"name": f"a{chr(character)}b"}}).encode()
            self.answers(f"a name with {character:#x}", 422, "POST", COLLECTION, body)
        self.answers("a name of 300 characters", 422, "POST", COLLECTION, json.dumps({"metadata": {"name": "a" * 300}}).encode())
        self.answers("no name", 422, "POST", COLLECTION, b'{"metadata":{}}')
        for path in ("/api/v1/namespaces/default/configmaps/%00", "/api/v1/namespaces/default/configmaps/%2e%2e%2f",
                     "/api/v1/namespaces/%ff/configmaps/x", "/apis/%2F/v1/x", "/api/v1/" + "a/" * 2000, "/" + "a" * 60000,
                     "/api/v1/namespaces/default/configmaps/x%", "//", "/api//v1"):
            status, _ = self.raw.request("GET", path)
            self.check(f"path {path[:50]}", status in (200, 301, 400, 404, 414, 431), status)
        self.unharmed("bad names")

    def queries(self):
        for query, codes in [("labelSelector=a+in", (400,)), ("labelSelector=%ff", (400,)), ("fieldSelector=x", (400,)),
                             ("limit=99999999999999999999", (400,)), ("continue=%00", (400,)), ("resourceVersion=-1", (400,)),
                             ("resourceVersion=99999999999999999999999", (400,)), ("watch=1&resourceVersion=x", (500,)),
                             ("labelSelector=" + "a," * 5000 + "a", (200, 400)), ("limit=-5", (200,)), ("=&&&=", (200,))]:
            status, text = self.raw.request("GET", COLLECTION + "?" + query)
            self.check(f"query {query[:40]}", status in codes, f"{status} {text[:200]!r}")
        self.unharmed("bad queries")

    def protocol(self):
        for name, data in [
            ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), ("no version", b"GET /\r\n\r\n"),
            ("HTTP/9.9", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), ("a bad header", b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n"),
            ("two lengths", b"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ("a negative length", b"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
            ("length and chunked", b"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ("a bad chunk", b"POST /api HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            ("2 MiB of headers", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 2_000_000 + b"\r\n\r\n"),
            ("a foreign Host", b"GET /api HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
            ("a foreign Origin", b"GET /api HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"),
        ]:
            answer = self.raw.send(data)
            status = int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0
            self.check(f"protocol: {name} is refused or closed", status == 0 or 400 <= status <= 505, answer[:200])
        status, _ = self.raw.request("GET", "/api", headers=(("X-Unknown", "fine"),))
        self.check("an ordinary request is answered", status == 200, status)
        self.unharmed("bad protocol")

    def half_sent(self):
        """Requests that are never completed do not keep others from being answered."""
        halves = []
        for data in [b"", b"G", b"GET /api/v1/pods HTTP/1.1\r\n", b"POST /api/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"] * 50:
            connection = self.raw.connect()
            connection.sendall(data)
            halves.append(connection)
        self.unharmed("200 half-sent requests (while they hang)")
        for connection in halves:
            connection.close()

    def idle(self):
        """10,000 idle connections, or as many as one process may open on this machine."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 12000), hard), hard))
        except (ValueError, OSError):
            pass
        wanted = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
        connections = []
        try:
            for _ in range(wanted):
                connections.append(self.raw.connect())
            self.check(f"{wanted} idle connections are accepted", True)
            self.unharmed(f"{wanted} idle connections (while they hang)")
        except OSError as error:
            self.check(f"{wanted} idle connections are accepted", False, f"{error} after {len(connections)}")
        finally:
            for connection in connections:
                connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    args = parser.parse_args()
    with Fairlead(args.binary, "--bare") as server:
        test = BadInput(server)
        for part in (test.bodies, test.names, test.queries, test.protocol, test.half_sent, test.idle):
            try:
                part()
            except Exception as error:
                test.check(f"part {part.__name__}", False, repr(error))
        test.check("the process is the one that was started", server.process.poll() is None)
        return test.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Talking to pods: exec, attach, port forwarding, logs and the proxy, as clients do it, and as nobody should.

    streams.py --binary FILE [--execs 1000] [--bound 0.5] [--only SCENE]

Scenes: talk, forward, logs, proxies, hostile, crowd, term.
"""
import argparse
import base64
import json
import os
import resource
import socket
import struct
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Canary, Connection, Gone, forget_peak, sample  # noqa: E402
from stream_clients import Refused, SPDYSocket, SPDYTunnel, WebSocket, wait_until  # noqa: E402

PODS = "/api/v1/namespaces/default/pods"
REGISTRY = "registry.k8s.io/e2e-test-images/"
SUCCESS = {"metadata": {}, "status": "Success"}
STREAMS4 = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]


def pod(name, image, command=None, args=None, ports=(), **spec):
    container = {"name": "c", "image": REGISTRY + image, "ports": [{"containerPort": port} for port in ports]}
    if command:
        container["command"] = command
    if args:
        container["args"] = args
    container.update(spec.pop("container", {}))
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, **spec}}


def exec_path(name, *command, **options):
    pairs = [("command", word) for word in command] + [(key, value) for key, value in options.items()]
    return f"{PODS}/{name}/exec?" + urllib.parse.urlencode(pairs)


class Streams:
    def __init__(self, checks, args):
        self.checks, self.args = checks, args

    def start(self, server):
        self.server, self.url = server, server.url
        self.api = Connection(server.url)
        wait_until(lambda: self.api.request("GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200)
        for item in [
                pod("shell", "busybox:1.37.0-1", ["sh", "-c", "echo container is alive; sleep 100000"]),
                pod("web", "agnhost:2.63.0", args=["netexec", "--http-port=8080"], ports=[8080]),
                pod("cat", "busybox:1.37.0-1", ["cat"], container={"stdin": True}),
                pod("once", "busybox:1.37.0-1", ["sh", "-c", "echo one; echo two; printf three"], restartPolicy="Never")]:
            status, answer = self.api.json("POST", PODS, item)
            if status != 201:
                raise RuntimeError(f"{status} {answer}")

        def is_ready(name):
            status = self.api.json("GET", f"{PODS}/{name}")[1].get("status", {})
            return status.get("phase") == "Succeeded" or any(
                condition["type"] == "Ready" and condition["status"] == "True" for condition in status.get("conditions", []))
        for name in ["shell", "web", "cat", "once"]:
            self.checks.check(f"the pod '{name}' runs", wait_until(lambda: is_ready(name)),
                              self.api.json("GET", f"{PODS}/{name}")[1].get("status"))

    def sessions(self):
        """How many there are, as /metrics has it."""
        _, text = self.api.request("GET", "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.decode().splitlines()
                   if line.startswith("apiserver_longrunning_requests{") and 'verb="CONNECT"' in line)

    def run(self, *command, protocol="v5.channel.k8s.io", stdin=None, **options):
        """{channel: bytes} of a command."""
        options = {"stdout": "true", "stderr": "true", **options}
        if stdin is not None:
            options["stdin"] = "true"
        client = WebSocket(self.url, exec_path("shell", *command, **options), protocol)
        try:
            if stdin is not None:
                client.channel(0, stdin)
                client.send(b"\xff\x00")
            return client.all()
        finally:
            client.close()

    # -- scenes

    def talk(self):
        check = self.checks.check
        found = self.run("sh", "-c", "echo out; echo err >&2; exit 3")
        status = json.loads(found.get(3, b"{}"))
        check("a command's outputs are told apart", found.get(1) == b"out\n" and found.get(2) == b"err\n", found)
        check("its exit code is in the status", status.get("reason") == "NonZeroExitCode"
              and status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
              and status["message"].startswith("command terminated with non-zero exit code"), status)
        check("success is told once", json.loads(self.run("true").get(3, b"{}")) == SUCCESS)
        found = self.run("echo", "remote execution test", protocol="channel.k8s.io")
        check("the first version says nothing of success", found == {1: b"remote execution test\n"}, found)
        found = self.run("cat", stdin=b"some text")
        check("the input can be ended", found.get(1) == b"some text", found)
        client = WebSocket(self.url, exec_path("shell", "cat", stdin="true", stdout="true"), "v4.base64.channel.k8s.io")
        client.send(b"0" + base64.b64encode(b"hi"), opcode=1)
        messages = [client.receive(), client.receive()]
        check("base64 is spoken", client.is_proper and messages == [b"1", b"1" + base64.b64encode(b"hi")], messages)
        client.close()
        found = self.run("no-such-program")
        status = json.loads(found.get(3, b"{}"))
        check("what cannot be run is an internal error", status.get("reason") == "InternalError" and status.get("code") == 500
              and status["message"].startswith("Internal error occurred: error executing command in container: "), status)
        client = WebSocket(self.url, exec_path("shell", "sleep", "3", stdout="true"))
        for number in range(5):
            client.send(bytes([number]), opcode=9)
            time.sleep(0.2)
        found = client.all()
        check("pings are answered while a command sleeps", client.pongs == [bytes([n]) for n in range(5)] and 3 in found,
              (client.pongs, found))
        check("the session is closed properly", client.code == 1000, client.code)
        client.close()
        client = WebSocket(self.url, exec_path("shell", "sh", stdin="true", stdout="true", tty="true"))
        client.channel(4, b'{"Width":100,"Height":30}\n')
        client.channel(0, b"exit 0\n")
        found = client.all()
        check("a terminal has a shell", json.loads(found.get(3, b"{}")) == SUCCESS, found)
        client.close()
        spdy = SPDYSocket(self.url, exec_path("shell", "sh", "-c", "cat; echo err >&2; exit 4", stdin="true", stdout="true", stderr="true"), *STREAMS4)
        error, stdin, stdout, stderr = (spdy.open(streamType=kind) for kind in ["error", "stdin", "stdout", "stderr"])
        spdy.ping(1)
        spdy.send(stdin, b"through ")
        spdy.send(stdin, b"SPDY", last=True)
        spdy.until(lambda: spdy.away)
        check("SPDY carries a command", spdy.headers.get("x-stream-protocol-version") == STREAMS4[0]
              and spdy.data.get(stdout) == b"through SPDY" and spdy.data.get(stderr) == b"err\n" and spdy.pings == [1]
              and {error, stdout, stderr} <= spdy.ended and '"4"' in spdy.data.get(error, b"").decode(), (spdy.data, spdy.ended))
        spdy.close()
        client = WebSocket(self.url, f"{PODS}/cat/attach?stdin=true&stdout=true")
        client.receive()
        client.channel(0, b"to the main process\n")
        check("attach reaches the container's own process", client.receive() == b"\x01to the main process\n")
        client.close()
        for path, code, text in [
                (exec_path("shell", "ls", container="x", stdout="1"), 400, "container x is not valid for pod shell"),
                (exec_path("shell", "ls"), 400, "you must specify at least 1 of stdin, stdout, stderr"),
                (exec_path("none", "ls", stdout="1"), 404, 'pods "none" not found')]:
            try:
                WebSocket(self.url, path).close()
                check(f"refused: {text}", False)
            except Refused as refusal:
                check(f"refused: {text}", refusal.status == code and json.loads(refusal.body)["message"] == text, refusal)
        status, answer = self.api.json("POST", exec_path("shell", "ls", stdout="1"))
        check("without an upgrade there is none", status == 400 and answer.get("message") == "Upgrade request required", answer)

    def forward(self):
        check = self.checks.check
        path = f"{PODS}/web/portforward"
        for kind, client in [("in a tunnel", SPDYTunnel(self.url, path)), ("over SPDY", SPDYSocket(self.url, path, "portforward.k8s.io"))]:
            for number in range(3):
                error = client.open(last=True, streamType="error", port="8080", requestID=str(number))
                data = client.open(streamType="data", port="8080", requestID=str(number))
                client.send(data, b"GET /echo?msg=hello%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % number)
                client.until(lambda: data in client.ended and error in client.ended)
                answer = client.data.get(data, b"")
                check(f"a port is reached {kind} ({number})", answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"hello%d" % number)
                      and not client.data.get(error), answer)
            error = client.open(last=True, streamType="error", port="81", requestID="9")
            data = client.open(streamType="data", port="81", requestID="9")
            client.until(lambda: error in client.ended)
            text = client.data.get(error, b"").decode()
            check(f"a closed port is told {kind}", text.startswith("error forwarding port 81 to pod ")
                  and "connection refused" in text, text)
            client.close()
        client = WebSocket(self.url, path + "?ports=8080", "v4.channel.k8s.io")
        first = sorted([client.receive(), client.receive()])
        client.channel(0, b"GET /echo?msg=channels HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = client.all().get(0, b"")
        check("a port is reached over channels", first == [b"\0\x90\x1f", b"\1\x90\x1f"] and answer.endswith(b"channels"), (first, answer))
        client.close()

    def logs(self):
        check = self.checks.check
        for protocol, expected in [("binary.k8s.io", b"container is alive\n"), (None, b"container is alive\n"),
                                   ("base64.binary.k8s.io", base64.b64encode(b"container is alive\n"))]:
            client = WebSocket(self.url, f"{PODS}/shell/log?container=c", protocol)
            found = b""
            while (message := client.receive()) is not None:
                found += message
            check(f"the log comes in messages ({protocol})", found == expected and client.code == 1000, (found, client.code))
            client.close()

        def log(query, name="once"):
            return self.api.request("GET", f"{PODS}/{name}/log?{query}")[1]
        for query, expected in [("", b"one\ntwo\nthree"), ("tailLines=1", b"three"), ("limitBytes=1", b"o"), ("tailLines=0", b""),
                                ("tailLines=2&limitBytes=5", b"two\nt"), ("sinceTime=2200-01-01T00:00:00Z", b""),
                                ("follow=true", b"one\ntwo\nthree")]:
            check(f"the log with '{query}'", log(query) == expected, log(query))
        lines = log("timestamps=true").splitlines()
        check("lines have their times", len(lines) == 3 and all(
            len(line.split(b" ")[0]) == 30 and line.endswith(word) for line, word in zip(lines, [b"one", b"two", b"three"])), lines)
        status, answer = self.api.json("GET", f"{PODS}/shell/log?previous=true")
        check("a missing predecessor is told", status == 400
              and answer.get("message") == 'previous terminated container "c" in pod "shell" not found', answer)
        follower = Connection(self.url)
        follower.open()
        follower.socket.sendall(f"GET {PODS}/cat/log?follow=true HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        follower.head()
        chunks = follower.chunks()
        client = WebSocket(self.url, f"{PODS}/cat/attach?stdin=true&stdout=true")
        client.receive()
        client.channel(0, b"a later line\n")
        seen = b""
        while b"a later line\n" not in seen:
            seen += next(chunks)
        check("a followed log goes on", True)
        client.close()
        follower.close()

    def proxies(self):
        check = self.checks.check
        for path in ["/pods/web/proxy", "/pods/web:8080/proxy", "/pods/http:web:8080/proxy"]:
            status, body = self.api.request("GET", "/api/v1/namespaces/default" + path + "/echo?msg=a+b%26c")
            check(f"a program answers at {path}", (status, body) == (200, b"a b&c"), (status, body))
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]:
            status, _ = self.api.request(method, PODS + "/web/proxy/echo?msg=x&code=202", b"body" if method != "GET" else None)
            check(f"{method} is passed on", status == 202, status)
        status, _ = self.api.request("GET", PODS + "/web/proxy?a=b")
        check("without a slash there is a redirect", status == 301, status)
        status, answer = self.api.json("GET", PODS + "/web:81/proxy/")
        check("a closed port is told", status == 503 and answer.get("reason") == "ServiceUnavailable"
              and answer["message"].startswith("error trying to reach service: dial tcp ")
              and answer["message"].endswith(":81: connect: connection refused"), answer)
        service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}
        self.api.json("POST", "/api/v1/namespaces/default/services", service)
        base = "/api/v1/namespaces/default/services/web"

        def reaches(port):
            return self.api.request("GET", f"{base}{port}/proxy/echo?msg=hi") == (200, b"hi")
        check("a Service is reached by the name of its port", wait_until(lambda: reaches(":http"), 20))
        check("and by its number", reaches(":80"))
        nodes = self.api.json("GET", "/api/v1/nodes")[1]["items"]
        status, body = self.api.request("GET", f"/api/v1/nodes/{nodes[0]['metadata']['name']}/proxy/healthz")
        check("a node answers as its kubelet", (status, body) == (200, b"ok"), (status, body))

    def hostile(self):
        check = self.checks.check
        client = WebSocket(self.url, exec_path("shell", "cat", stdin="true", stdout="true"))
        for channel in [1, 2, 3, 5, 100, 254]:
            client.channel(channel, b"forged")
        client.send(b"")
        for size in range(1, 40):
            client.socket.sendall(client.frame(2 if size == 1 else 0, b"\0" if size == 1 else b"x", last=size == 39))
        client.send(b"\xff\x00")
        found = client.all()
        check("forged channels are dropped, fragments joined", found.get(1) == b"x" * 38, found)
        client.close()
        for _ in range(20):
            WebSocket(self.url, exec_path("shell", "cat", stdin="true", stdout="true")).close()
        check("clients that hang up leave no session", wait_until(lambda: self.sessions() == 0, 10), self.sessions())
        with open(self.server.log.name) as log:
            nameless = [line for line in log if "method=-" in line]
        check("and are finished once, not twice", not nameless, nameless[:2])
        for name, data, codes in [
                ("a frame of 2^63 bytes", b"\x82\xff" + struct.pack(">Q", 1 << 63) + b"\1\2\3\4", [1009, 1002, None]),
                ("a frame without a mask", b"\x82\x02\x00x", [1002, None]), ("reserved bits", b"\xf2\x80\1\2\3\4", [1002, None]),
                ("random bytes", os.urandom(4096), [1002, 1009, None]),
                ("messages without end", WebSocket.frame(2, b"\0", last=False) + WebSocket.frame(0, b"x" * 60000, last=False) * 30, [1009, None])]:
            client = WebSocket(self.url, exec_path("shell", "sleep", "100", stdin="true", stdout="true"))
            try:
                client.socket.sendall(data)
            except OSError:
                pass  # refused while it was being sent
            client.socket.settimeout(10)
            try:
                client.all()
                ended = client.code in codes or name == "random bytes"
            except TimeoutError:
                ended = name == "random bytes"  # which may be the beginning of a frame
            check(f"{name}: the session ends", ended, client.code)
            client.close()
        with Canary(self.url, "/livez", PODS + "/shell") as canary:
            before = sample(self.server.process.pid).get("VmRSS", 0)
            forget_peak(self.server.process.pid)
            canary.mark("greed")
            clients = [WebSocket(self.url, exec_path("shell", "sleep", "1000", stdin="true", stdout="true")) for _ in range(20)]
            piece, sent = WebSocket.frame(2, b"\0" + b"x" * 60000), 0
            for client in clients:
                client.socket.settimeout(0.5)
                try:
                    while sent < 1 << 30:
                        client.socket.sendall(piece)
                        sent += len(piece)
                except OSError:
                    pass  # it takes no more
            check("endless input comes to a stop", sent < 20 * (16 << 20), sent)
            readers = [WebSocket(self.url, exec_path("shell", "sh", "-c", "while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", stdout="true"))
                       for _ in range(20)]
            time.sleep(3)
            grown = sample(self.server.process.pid).get("VmHWM", 0) - before
            check("who sends without end or reads nothing costs little memory", grown < 100 << 10, f"{grown} KiB")
            for client in clients + readers:
                client.close()
            canary.mark("after")
            window = canary.finish()["greed"]
            check("and slows nobody", window.within(self.args.bound), window)
        check("what their clients left has ended", wait_until(lambda: self.sessions() == 0, 20), self.sessions())
        bomb = SPDYSocket(self.url, exec_path("shell", "cat", stdout="1"), *STREAMS4)
        bomb.open(streamType="x" * (1 << 20))
        bomb.until(lambda: bomb.away)
        check("headers that blow up end the connection", bomb.away)
        bomb.close()
        wild = SPDYSocket(self.url, f"{PODS}/web/portforward", "portforward.k8s.io")
        for number in range(500):
            wild.open(streamType="data", port="8080", requestID=str(number))
        wild.ping(77)
        wild.until(lambda: wild.pings)
        check("streams are bounded", len(wild.replied) <= 128 and len(wild.reset) >= 372, (len(wild.replied), len(wild.reset)))
        wild.close()
        for data in [os.urandom(1 << 16), b"\x80\x03\x00\x01\x00\xff\xff\xff" + bytes(1 << 16), bytes(1 << 16)]:
            client = SPDYSocket(self.url, exec_path("shell", "cat", stdout="1"), *STREAMS4)
            try:
                client.write(data)
            except OSError:
                pass  # refused while it was being sent
            client.close()
        check("the server is well", self.api.request("GET", "/readyz")[0] == 200)

    def crowd(self):
        results, lock = [], threading.Lock()

        def one(number):
            try:
                found = self.run("sh", "-c", f"echo {number}; exit {number % 7}", stdout="true")
                status = json.loads(found.get(3, b"{}"))
                code = status["details"]["causes"][0]["message"] if status["status"] == "Failure" else "0"
                outcome = found.get(1) == f"{number}\n".encode() and code == str(number % 7)
            except (OSError, ValueError, KeyError, Refused) as error:
                outcome = repr(error)
            with lock:
                results.append(outcome)
        with Canary(self.url, "/livez", PODS + "/shell") as canary:
            canary.mark("crowd")
            threads = [threading.Thread(target=one, args=[number]) for number in range(self.args.execs)]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.monotonic() - began
            canary.mark("after")
            window = canary.finish()["crowd"]
        bad = [outcome for outcome in results if outcome is not True]
        self.checks.check(f"{self.args.execs} commands at once are all answered", not bad, f"{len(bad)}: {bad[:3]}")
        self.checks.check("and slow nobody", window.within(self.args.bound), window)
        print(f"     {self.args.execs} commands in {took:.1f} s; {window}")
        self.checks.check("none is left", wait_until(lambda: self.sessions() == 0, 10), self.sessions())

    def term(self):
        clients = [WebSocket(self.url, exec_path("shell", "sleep", "1000", stdin="true", stdout="true")) for _ in range(50)]
        tunnel = SPDYTunnel(self.url, f"{PODS}/web/portforward")
        tunnel.open(last=True, streamType="error", port="8080", requestID="0")
        tunnel.open(streamType="data", port="8080", requestID="0")
        follower = Connection(self.url)
        follower.open()
        follower.socket.sendall(f"GET {PODS}/shell/log?follow=true HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        follower.head()
        took = self.server.stop()
        self.checks.check("SIGTERM ends the process within a second", took < 1.5 and self.server.process.returncode == 0, took)
        codes = []
        for client in clients:
            client.all()
            codes.append(client.code)
        # Their commands end with the containers, or with the server, whichever is first.
        self.checks.check("sessions are closed properly", set(codes) <= {1000, 1001}, codes)
        print(f"     SIGTERM: {took:.2f} s")


def main():
    scenes = ["talk", "forward", "logs", "proxies", "hostile", "crowd", "term"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--execs", type=int, default=1000)
    parser.add_argument("--bound", type=float, default=0.5)
    parser.add_argument("--only", choices=scenes)
    args = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (65536 if limit == resource.RLIM_INFINITY else min(limit, 65536), limit))
    threading.stack_size(256 << 10)
    checks = Checks()
    with Fairlead(args.binary, "--nodes", "2") as server:
        streams = Streams(checks, args)
        try:
            streams.start(server)
        except (OSError, RuntimeError, Gone) as error:
            checks.check("pods run", False, repr(error))
            return checks.finish()
        for scene in [args.only] if args.only else scenes:
            try:
                getattr(streams, scene)()
            except (OSError, RuntimeError, ValueError, KeyError, TypeError, StopIteration, Refused, socket.timeout) as error:
                checks.check(f"the scene '{scene}' plays to its end", False, repr(error))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

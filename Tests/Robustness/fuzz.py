#!/usr/bin/env python3
"""Sends mutated requests of every verb and content type, while a well-behaved client works beside them.

    fuzz.py --binary .build/debug/fairlead [--seconds 20] [--seed N] [--workers 2] [--save FILE] [--verbose]

First the kept requests of corpus/ are sent, then mutations of them and of the bodies in the recorded scenarios. Every
request must be answered (with a Status if refused) or its connection closed, the process must stay up, its memory must
stay bounded, and the well-behaved client must be served all the time. A request that breaks one of these is printed in
the format of the corpus, and written to the file named by --save. The same seed gives the same requests.
"""
import argparse
import collections
import http.client
import json
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from fuzz_requests import Corpus, Mutator, Request  # noqa: E402

DEADLINE = 10  # seconds for one answer
MEMORY = 700 * 1024  # KiB of a debug build that is being fuzzed


class Wire:
    """Requests over one persistent connection, sent as they are: http.client would refuse many of them."""

    def __init__(self, url):
        self.host, port = url.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)
        self.socket = None
        self.file = None

    def close(self):
        if self.socket is not None:
            self.file.close()
            self.socket.close()
        self.socket = None

    def send(self, request):
        """(status, head, body) of the answer; (0, b"", b"") if the connection was closed without one.

        Raises TimeoutError if neither happens in time. Watches are read until their timeoutSeconds are over.
        """
        import socket
        if self.socket is None:
            self.socket = socket.create_connection((self.host, self.port), timeout=DEADLINE)
            self.file = self.socket.makefile("rb")
        try:
            self.socket.sendall(request.encoded())
            return self.answer(request.method)
        except (ConnectionError, ValueError, http.client.HTTPException):
            self.close()
            return 0, b"", b""

    def answer(self, method):
        line = self.file.readline()
        if not line:
            raise ConnectionError
        status, head = int(line.split()[1]), b""
        while (field := self.file.readline()) not in (b"\r\n", b""):
            head += field
        lower = head.lower()
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif b"transfer-encoding: chunked" in lower:
            body = b""
            while True:
                size = int(self.file.readline() or b"0", 16)
                body += self.file.read(size)
                self.file.readline()
                if size == 0:
                    break
        else:
            length = next((f.split(b":")[1] for f in lower.split(b"\r\n") if f.startswith(b"content-length:")), None)
            body = self.file.read(int(length)) if length is not None else self.file.read()
        if b"connection: close" in lower or status == 400 and not body:
            self.close()
        return status, head, body


class Onlooker(threading.Thread):
    """Creates, reads, changes, lists and deletes its own ConfigMap in a loop; records the time of each request."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.host = url.removeprefix("http://")
        self.done = threading.Event()
        self.times = []
        self.troubles = []

    def run(self):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        path = "/api/v1/namespaces/onlooker/configmaps"
        def call(method, path, body=None, kind="application/json", wanted=(200, 201)):
            began = time.monotonic()
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            self.times.append(time.monotonic() - began)
            if answer.status not in wanted:
                self.troubles.append(f"{method} {path}: {answer.status} {text[:300]!r}")
        call("POST", "/api/v1/namespaces", {"metadata": {"name": "onlooker"}}, wanted=(201, 409))
        while not self.done.is_set():
            try:
                call("POST", path, {"metadata": {"name": "onlooker"}, "data": {"a": "1"}}, wanted=(201, 409))
                call("GET", path + "/onlooker")
                call("PATCH", path + "/onlooker", {"data": {"a": "2"}}, "application/merge-patch+json")
                call("GET", path + "?limit=5")
                call("DELETE", path + "/onlooker")
            except Exception as error:
                self.troubles.append(repr(error))
                connection.close()
            self.done.wait(0.05)

    def stop(self):
        self.done.set()
        self.join()
        return sorted(self.times)


def at(times, share):
    return times[min(len(times) - 1, int(len(times) * share))] if times else float("inf")


class Fuzz:
    def __init__(self, server, checks, args):
        self.server, self.checks, self.args = server, checks, args
        self.corpus = Corpus(os.path.join(HERE, "corpus"), os.path.join(HERE, "..", "Conformance"))
        self.statuses = collections.Counter()
        self.internal = collections.Counter()
        self.harm = []
        self.peak = 0
        self.stop_at = 0

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def play(self, wire, request):
        """Sends one request; returns what is wrong with the answer, or None."""
        try:
            status, head, body = wire.send(request)
        except TimeoutError:
            wire.close()
            return f"no answer within {DEADLINE} s"
        except OSError as error:
            wire.close()
            return f"cannot connect: {error}" if self.server.process.poll() is not None else None
        self.statuses[status] += 1
        if status >= 500:
            self.internal[body[body.find(b'"message"'):][:100]] += 1
        if status >= 500 and status != 501 and status != 505 and b"Status" not in body:
            return f"{status} without a Status: {body[:200]!r}"
        if 200 <= status < 300 and b"content-type: application/json\r" in head.lower() and b"\n{" not in body and body:
            try:
                json.loads(body)
            except ValueError as error:
                return f"an answer that is no JSON ({error}): {body[:200]!r}"
        return None

    def judge(self, wire, request):
        wrong = self.play(wire, request)
        if self.server.process.poll() is not None:
            wrong = f"the process ended ({self.server.process.returncode})"
        if wrong:
            self.harm.append((wrong, request))
        return wrong is None

    def work(self, index):
        try:
            self.bombard(index)
        except Exception as error:
            self.harm.append((f"worker {index} broke off: {error!r}", Request("GET", "/")))

    def bombard(self, index):
        mutator = Mutator(self.corpus, random.Random(self.args.seed * 1000 + index))
        wire = Wire(self.server.url)
        count = 0
        while time.monotonic() < self.stop_at and len(self.harm) < 20 and self.server.process.poll() is None:
            self.judge(wire, mutator.request())
            count += 1
            if count % 2000 == 0:
                self.tidy(wire, mutator)
            if count % 50 == 0:
                self.peak = max(self.peak, self.resident())
        wire.close()

    def tidy(self, wire, mutator):
        """Deletes whatever got stored, so that memory shows leaks and not objects."""
        for path in self.corpus.collections():
            wire.close()
            self.judge(wire, mutator.plain("DELETE", path + "?gracePeriodSeconds=0"))

    def run(self):
        wire = Wire(self.server.url)
        for request in self.corpus.setup() + self.corpus.kept:
            self.judge(wire, request)
        self.checks.check(f"the {len(self.corpus.kept)} kept requests do no harm", not self.harm, self.tell())
        calm = Onlooker(self.server.url)
        calm.start()
        time.sleep(1)
        before = calm.stop()
        onlooker = Onlooker(self.server.url)
        onlooker.start()
        self.stop_at = time.monotonic() + self.args.seconds
        workers = [threading.Thread(target=self.work, args=(i,)) for i in range(self.args.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        took = onlooker.stop()
        count = sum(self.statuses.values())
        print(f"     seed {self.args.seed}: {count} requests in {self.args.seconds} s; answers {dict(sorted(self.statuses.items()))}")
        for message, times in self.internal.most_common(40 if self.args.verbose else 0):
            print(f"     {times} x {message!r}")
        print(f"     well-behaved client: {len(took)} requests, p50 {at(took, .5) * 1000:.1f} ms, p99 {at(took, .99) * 1000:.1f} ms, "
              f"most {at(took, 1) * 1000:.0f} ms (alone: p50 {at(before, .5) * 1000:.1f} ms, p99 {at(before, .99) * 1000:.1f} ms)")
        print(f"     resident memory: at most {self.peak // 1024} MiB, {self.resident() // 1024} MiB at the end")
        check = self.checks.check
        check("the process is the one that was started", self.server.process.poll() is None, self.server.process.poll())
        check("every request was answered properly or closed", not self.harm, self.tell())
        check("memory stayed bounded", self.peak < MEMORY, f"{self.peak // 1024} MiB")
        check("the well-behaved client got what it asked for", not onlooker.troubles, onlooker.troubles[:5])
        check("and in good time", at(took, .99) < 1 and at(took, 1) < 5, f"p99 {at(took, .99):.3f} s, most {at(took, 1):.3f} s")
        check("requests were taken as well as refused", self.statuses[200] + self.statuses[201] > count / 100 and self.statuses[400] > 0)

    def tell(self):
        lines = [f"{wrong}\n     {request.line()}" for wrong, request in self.harm[:10]]
        if self.args.save and self.harm:
            with open(self.args.save, "w") as file:
                file.write("".join(request.line() + "\n" for _, request in self.harm))
        return "\n     ".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save")
    parser.add_argument("--verbose", action="store_true", help="tell what the internal errors were")
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, "--bare") as server:
        Fuzz(server, checks, args).run()
        return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

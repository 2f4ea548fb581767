#!/usr/bin/env python3
"""How often the server allocates memory for a request: a GET, a LIST, a create, and an event of a watch.

    mallocs.py --binary .build/release/fairlead [--count 3000]

The calls of malloc are counted in the server by `count_mallocs.c`; each figure is the lowest of three rounds, as now and
then the server does something of its own. The limits have a little room. Whoever makes a request allocate less lowers its
limit; whoever raises one says why. They hold for release builds.
"""
import argparse
import http.client
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

# Calls of malloc for each.
LIMITS = {"GET of a Service": 14, "LIST of 20 Services": 84, "create of a ConfigMap": 160, "event of a watch": 10}
BASE = "/api/v1/namespaces/default/"
WATCHERS = 20
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Counter:
    def __init__(self, folder):
        compiler = shutil.which("cc") or shutil.which("clang")
        self.path, library = os.path.join(folder, "mallocs"), os.path.join(folder, "count_mallocs.so")
        source = os.path.join(HERE, "count_mallocs.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        with open(self.path, "wb") as file:
            file.write(bytes(8))
        self.file = open(self.path, "rb")
        self.map = mmap.mmap(self.file.fileno(), 8, prot=mmap.PROT_READ)
        self.library = library

    def environment(self):
        os.environ.update(LD_PRELOAD=self.library, MALLOC_COUNT=self.path)

    @property
    def calls(self):
        return struct.unpack("Q", self.map[:8])[0]


class Client:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def call(self, method, path, body=None):
        self.connection.request(method, path, body, HEADERS)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return text


def service(name):
    return json.dumps({"metadata": {"name": name, "labels": {"app": name}},
                       "spec": {"selector": {"app": name}, "ports": [{"port": 80, "protocol": "TCP"}]}})


def config_map(name, value):
    return json.dumps({"metadata": {"name": name}, "data": {"key": value * 100}})


class Measurement:
    def __init__(self, server, counter, count):
        self.server, self.counter, self.count = server, counter, count
        self.client = Client(server.url)
        self.names = 0

    def per_call(self, work):
        """The calls of malloc for each call of `work`."""
        figures = []
        for _ in range(3):
            for _ in range(50):
                work()
            before = self.counter.calls
            for _ in range(self.count):
                work()
            figures.append((self.counter.calls - before) / self.count)
        return min(figures)

    def get(self):
        self.client.call("GET", BASE + "services/s0")

    def list(self):
        self.client.call("GET", BASE + "services?limit=20")

    def create(self):
        self.names += 1
        self.client.call("POST", BASE + "configmaps", config_map(f"c{self.names}", "v"))

    def update(self):
        self.names += 1
        self.client.call("PUT", BASE + "configmaps/watched", config_map("watched", str(self.names)))

    def event(self):
        """What an update costs more with watchers than without, for each of them."""
        self.client.call("POST", BASE + "configmaps", config_map("watched", "v"))
        alone = self.per_call(self.update)
        address = self.server.url.removeprefix("http://")
        connections = [http.client.HTTPConnection(address, timeout=60) for _ in range(WATCHERS)]
        for connection in connections:
            connection.request("GET", BASE + "configmaps?watch=1&fieldSelector=metadata.name%3Dwatched", headers=HEADERS)
            answer = connection.getresponse()
            first = answer.readline()
            if b"ADDED" not in first:
                raise RuntimeError(f"no watch: {first[:300]!r}")
            connection.answer = answer

        def update():
            self.update()
            for connection in connections:
                connection.answer.readline()

        watched = self.per_call(update)
        for connection in connections:
            connection.close()
        return (watched - alone) / WATCHERS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--count", type=int, default=3000)
    args = parser.parse_args()
    checks = Checks()
    server = Fairlead(args.binary, "--bare", "--dns-listen", "none")
    counter = Counter(server.scratch.name)
    server.preexec = counter.environment
    with server:
        time.sleep(1)
        measurement = Measurement(server, counter, args.count)
        checks.check("the calls are counted", counter.calls > 0)
        for number in range(20):
            measurement.client.call("POST", BASE + "services", service(f"s{number}"))
        for what, work in [("GET of a Service", measurement.get), ("LIST of 20 Services", measurement.list),
                           ("create of a ConfigMap", measurement.create)]:
            calls = measurement.per_call(work)
            print(f"{what}: {calls:.2f}")
            checks.check(f"{what} allocates at most {LIMITS[what]} times", calls <= LIMITS[what], f"{calls:.2f}")
        calls = measurement.event()
        print(f"event of a watch: {calls:.2f}")
        limit = LIMITS["event of a watch"]
        checks.check(f"event of a watch allocates at most {limit} times", calls <= limit, f"{calls:.2f}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

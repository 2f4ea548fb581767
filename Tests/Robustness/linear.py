#!/usr/bin/env python3
"""The cost of a request grows with its size, not with its square.

    linear.py --binary .build/debug/fairlead [--sample 24] [--random 60] [--seed N] [--all] [--only TEXT] [--aim 0.15]

Bodies of n and 4n elements are sent, and the CPU time that the server took for each is compared: cost is n to the power
of log4(ratio). CPU time is counted per process by the kernel, so a busy machine changes it little; bodies that look
worse than linear are measured again, and the smallest of several readings counts. The bodies are those named in
linear_bodies.py, and random ones for every list, map and text field in the schemas of openapi/.
"""
import argparse
import math
import os
import random
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import linear_bodies  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402

LIMIT = 1.2
DOUBTFUL = 1.35
LARGEST = 2_800_000  # bytes: below the size of body that Kubernetes accepts


class Meter:
    """Sends requests to a server of its own, one at a time, and measures their cost."""

    def __init__(self, server):
        self.server = server
        self.host, port = server.url.removeprefix("http://").split(":")
        self.port = int(port)
        # The kernel's identifier for the CPU-time clock of another process (see clock_getcpuclockid).
        self.clock = (~server.process.pid << 3) | 2

    def send(self, request):
        method, path, kind, body = request
        head = (f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        with socket.create_connection((self.host, self.port), timeout=180) as connection:
            connection.sendall(head.encode() + body)
            answer = bytearray()
            while part := connection.recv(1 << 20):
                answer += part
        return int(answer[9:12] or 0), bytes(answer[answer.find(b"\r\n\r\n") + 4:])

    def cost(self, request):
        """Seconds of CPU time, and the status of the answer."""
        before = time.clock_gettime(self.clock)
        status, _ = self.send(request)
        return time.clock_gettime(self.clock) - before, status


class Growth:
    """The exponent of a body's cost."""

    def __init__(self, meter, make, aim):
        self.meter, self.make, self.aim = meter, make, aim
        # If the largest allowed body costs no more than this, its exponent does not matter: it delays nobody.
        self.cheap = aim * 2 / 3
        self.statuses = set()

    def read(self, n):
        cost, status = self.meter.cost(self.make(n))
        self.statuses.add(status)
        return cost

    def size(self, n):
        """Bytes. Some bodies stop growing because their content has a limit of its own."""
        _, path, _, body = self.make(n)
        return len(path) + len(body)

    def measure(self, first=100):
        """(exponent, text); the exponent is 0 if even the largest body costs next to nothing."""
        n = first
        small, large = self.read(n), self.read(4 * n)
        while large < self.aim and self.size(4 * n) < self.size(16 * n) <= LARGEST:
            n, small, large = 4 * n, large, self.read(16 * n)
        exponent = self.exponent(small, large)
        for _ in range(6):
            if exponent < LIMIT or large < self.cheap:
                break
            small, large = min(small, self.read(n)), min(large, self.read(4 * n))
            exponent = self.exponent(small, large)
        if LIMIT <= exponent < DOUBTFUL and large >= self.cheap and n >= 4:
            # Larger bodies fit the caches of a processor less well. Over a wider range that matters less, and anything
            # quadratic matters as much.
            smallest = min(self.read(n // 4) for _ in range(4))
            exponent = self.exponent(smallest, large) / 2
        text = f"n={n}: {small:.3f} s, n={4 * n}: {large:.3f} s, exponent {exponent:.2f}, {sorted(self.statuses)}"
        return (0 if large < self.cheap else exponent), text

    @staticmethod
    def exponent(small, large):
        return math.log(large / max(small, 1e-4), 4)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--random", type=int, default=60, help="how many random bodies beside the named ones")
    parser.add_argument("--sample", type=int, help="so many of the named bodies, chosen by the seed, instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="every field of every kind in every way instead")
    parser.add_argument("--only", default="", help="bodies whose name has this text")
    parser.add_argument("--aim", type=float, default=0.15, help="seconds that the larger body should cost")
    options = parser.parse_args()

    checks = Checks()
    bodies = list(linear_bodies.named())
    if options.sample is not None:
        bodies = random.Random(options.seed).sample(bodies, min(options.sample, len(bodies)))
    generated = list(linear_bodies.generated(random.Random(options.seed)))
    if not options.all:
        generated = random.Random(options.seed).sample(generated, min(options.random, len(generated)))
    with Fairlead(options.binary, "--bare", "--dns-listen", "none", "--log-level", "error") as server:
        meter = Meter(server)
        for request in linear_bodies.setup():
            meter.send(request)
        for name, make in bodies + generated:
            if options.only not in name:
                continue
            if server.process.poll() is not None:
                checks.check(f"the server outlives {name}", False, f"exit {server.process.returncode}")
                break
            try:
                exponent, text = Growth(meter, make, options.aim).measure()
            except OSError as error:
                checks.check(name, False, f"no answer: {error}")
                continue
            checks.check(f"{name} ({text})", exponent < LIMIT)
            sys.stdout.flush()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""One hostile request at a time: each gets a proper answer, other clients do not notice, memory stays bounded.

    bombs.py --binary FILE [--bound 0.25] [--only WORD] [--memory 400]

While each request of bomb_requests.py is answered, a canary asks for /livez and a small object on eight connections.
None of its answers may take longer than --bound seconds (plus the machine's noise); resident memory may grow by
--memory MiB at most; the answer must be one that Kubernetes gives, within 20 s. A server that dies is started again for
the next request.
"""
import argparse
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
import bomb_custom  # noqa: E402, F401 (registers its own)
from bomb_requests import BOMBS, CONFIG_MAPS, CRDS, DEPLOYMENTS, N, PODS, SERVICES, SLICES  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Canary, Connection, forget_peak, sample  # noqa: E402

DEADLINE = 20
SMALL = "/api/v1/namespaces/default/services/kubernetes"


def tidy(server):
    """Removes what one bomb has left before the next."""
    connection = Connection(server.url, timeout=DEADLINE)
    connection.request("PATCH", CONFIG_MAPS + "/a", {"metadata": {"finalizers": None}}, "application/merge-patch+json")
    for path in (CONFIG_MAPS + "/a", PODS + "/a?gracePeriodSeconds=0", SLICES + "/a", N + "endpoints/a", DEPLOYMENTS + "/d",
                 CRDS + "/foos.x.io", *(f"{SERVICES}/{name}" for name in ("ports", "nodes", "beyond", "external", "apply"))):
        connection.request("DELETE", path)
    for _ in range(100):
        if connection.request("GET", CRDS + "/foos.x.io")[0] == 404:
            return
        time.sleep(0.05)


def judge(checks, server, name, args):
    bomb, pid = BOMBS[name], server.process.pid
    before = sample(pid).get("VmRSS", 0)
    forget_peak(pid)
    with Canary(server.url, "/livez", SMALL) as canary:
        time.sleep(0.15)
        canary.mark("during")
        began = time.monotonic()
        try:
            status, body = bomb(Connection(server.url, timeout=DEADLINE))
        except TimeoutError:
            status, body = "no answer", b""
        except OSError as error:
            status, body = 0, repr(error).encode()
        took = time.monotonic() - began
        grown = (sample(pid).get("VmHWM", before) - before) // 1024
        window = canary.finish()["during"]
    code = server.process.poll()
    print(f"     {name}: {status} after {took:.2f} s, +{grown} MiB, canary {window}")
    dead = "" if code is None else f"the server ended with {code}; "
    large = status == 500 and b"request is too large" in body  # as Kubernetes says of objects it cannot store
    right = (status in bomb.statuses or large) and code is None and window.within(args.bound) and grown <= args.memory
    checks.check(f"{name}: a proper answer, nobody waits, memory stays", right,
                 f"{dead}{status} after {took:.1f} s, wanted {bomb.statuses}; +{grown} MiB; canary {window}; {bytes(body)[:200]!r}")
    return code is None and window.within(5) and status != "no answer"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--bound", type=float, default=0.25, help="seconds that the canary's requests may take")
    parser.add_argument("--memory", type=int, default=400, help="MiB that one request may cost")
    parser.add_argument("--only", default="", help="only those whose name contains this")
    args = parser.parse_args()
    checks = Checks()
    names = [name for name in BOMBS if args.only in name]
    server = None
    try:
        for name in names:
            if server is None:
                server = Fairlead(args.binary, "--bare", "--dns-listen", "none")
                server.start()
            well = judge(checks, server, name, args)
            try:
                if well:
                    tidy(server)
            except OSError:
                well = False
            if not well:
                server.kill()
                server.scratch.cleanup()
                server = None
    finally:
        if server is not None:
            server.stop()
            server.scratch.cleanup()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

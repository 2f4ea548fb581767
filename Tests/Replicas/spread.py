#!/usr/bin/env python3
"""Plays the recorded scenarios against three replicas on one etcd, each connection at the next replica.

    spread.py --binary FILE [--only GLOB | --all]

Without a flag, the areas in which most depends on what was written before.

What a client does at one replica, it must find at the next one: the ratchet does not know that there is more than one.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from cluster import Etcd, Replicas, Spread  # noqa: E402

AREAS = ["services/*", "watch/*", "list/*", "patch/*", "lifecycle/*", "rbac/*", "crd/*", "controllers/*"]
RATCHET = os.path.join(os.path.dirname(HERE), "Conformance", "ratchet.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", metavar="GLOB")
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as tokens:
        tokens.write("spread,admin,1,system:masters\n")
        tokens.flush()
        with Etcd(1) as etcd, Replicas(os.path.abspath(args.binary), etcd, 3, "--bare", "--token-auth-file", tokens.name) as replicas:
            doors = [server.secure.removeprefix("https://").split(":") for server in replicas.servers]
            spread = Spread([(host, int(port)) for host, port in doors])
            dns = "%s:%d" % replicas.servers[1].dns
            command = [sys.executable, "-u", RATCHET, "--replicas", "--server", f"https://127.0.0.1:{spread.port}", "--token", "spread",
                       "--dns", dns]
            passed = failed = 0
            for only in [None] if args.all else [args.only] if args.only else AREAS:
                run = subprocess.run(command + (["--only", only] if only else []), check=False, stdout=subprocess.PIPE, text=True)
                print(run.stdout, end="", flush=True)
                counts = re.findall(r"^(\d+) passed, (\d+) failed$", run.stdout, re.M)
                passed += int(counts[-1][0]) if counts else 0
                failed += int(counts[-1][1]) if counts else 1
            print(f"connections at each replica: {spread.served}")
            spread.close()
            print(f"{passed} passed, {failed} failed")
            return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

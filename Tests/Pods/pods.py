#!/usr/bin/env python3
"""Pods run the programs of the Kubernetes conformance tests: what they print, mount, answer and how they end.

    pods.py --binary .build/release/fairlead [--only outputs,execs,…]

All chapters run at once. Left out, because they take minutes: tests that watch for four minutes that nothing happens,
five restarts with growing back-off, the reset of the back-off, an affinity that times out, garbage of ended pods.
"""
import argparse
import os
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import flows  # noqa: E402
import lives  # noqa: E402
import network  # noqa: E402
import outputs  # noqa: E402
import scheduling  # noqa: E402
from cluster import NAMESPACE, Cluster, SafeChecks  # noqa: E402
from fairlead_process import Fairlead  # noqa: E402

CHAPTERS = [("outputs", outputs.run), *lives.CHAPTERS, *network.CHAPTERS, *flows.CHAPTERS,
            *scheduling.CHAPTERS]


def perform(cluster, name, chapter):
    began = time.monotonic()
    try:
        chapter(cluster)
    except Exception as error:  # a chapter that breaks off counts as one failure and does not end the test
        cluster.checks.check(f"chapter {name}", False, f"{error}\n{traceback.format_exc()}")
    print(f"     chapter {name}: {time.monotonic() - began:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="chapters, separated by commas")
    args = parser.parse_args()
    chosen = args.only.split(",") if args.only else None
    checks = SafeChecks()
    with Fairlead(args.binary) as server:
        cluster = Cluster(server, checks)
        if not cluster.has_kubectl:
            print("SKIPPED all checks that exec into pods: no kubectl on this machine")
        status, answer = cluster.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        checks.check("the namespace", status == 201, answer)
        ready = cluster.eventually(lambda: (cluster.get("serviceaccounts", "default").get("kind"),
                                            cluster.get("configmaps", "kube-root-ca.crt").get("kind")),
                                   lambda kinds: kinds == ("ServiceAccount", "ConfigMap"), 20, 0.1)
        checks.check("its account and root certificate", ready == ("ServiceAccount", "ConfigMap"), ready)
        nodes = cluster.eventually(lambda: cluster.call("GET", "/api/v1/nodes")[1]["items"], lambda items: len(
            [n for n in items if n["status"].get("addresses")]) == 3, 20, 0.1)
        checks.check("three nodes with addresses", len(nodes) == 3, nodes)
        outputs.prepare(cluster)
        threads = [threading.Thread(target=perform, args=(cluster, name, chapter)) for name, chapter in CHAPTERS
                   if chosen is None or name in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""One large object or question does not hold up what has nothing to do with it.

    large_objects.py --binary .build/release/fairlead [--patience 15]

A pod with 40,000 labels that is patched, budgets with selectors of 40,000 values, clients that ask for a large list and
never read it, questions to /debug/path with thousands of conditions: each time a Deployment in another namespace has to
become ready. How long that may take (`--patience`) is many times what it takes, as machines may be busy: without the
bounds that this is about, it took minutes.
"""
import argparse
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Connection, sample  # noqa: E402

APPS = "/apis/apps/v1/namespaces/{}/deployments"
MERGE = "application/merge-patch+json"


def deployment(name, replicas=1):
    return {"metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}


class Bystander:
    """A namespace of its own, in which a Deployment is created again and again."""

    def __init__(self, server, checks, patience):
        self.connection, self.checks, self.patience = Connection(server.url, timeout=60), checks, patience
        self.number = 0
        self.connection.json("POST", "/api/v1/namespaces", {"metadata": {"name": "other"}})

    def is_ready_despite(self, what):
        self.number += 1
        path = f"{APPS.format('other')}/d{self.number}"
        began = time.monotonic()
        self.connection.json("POST", APPS.format("other"), deployment(f"d{self.number}"))
        ready = False
        while not ready and time.monotonic() - began < self.patience:
            time.sleep(0.05)
            ready = self.connection.json("GET", path)[1].get("status", {}).get("readyReplicas") == 1
        took = time.monotonic() - began
        self.checks.check(f"a Deployment elsewhere becomes ready despite {what} ({took:.1f} s)", ready, f"not within {took:.0f} s")


def labels(server, bystander):
    connection = Connection(server.url, timeout=60)
    pod = {"metadata": {"name": "labelled", "labels": {f"l{n}": "v" for n in range(40_000)}},
           "spec": {"containers": [{"name": "c", "image": "i"}]}}
    connection.json("POST", "/api/v1/namespaces/default/pods", pod)
    for n in range(3):
        connection.json("PATCH", "/api/v1/namespaces/default/pods/labelled", {"metadata": {"annotations": {"n": str(n)}}}, MERGE)
    bystander.is_ready_despite("a pod with 40,000 labels that changes")
    connection.json("DELETE", "/api/v1/namespaces/default/pods/labelled?gracePeriodSeconds=0")


def budgets(server, bystander):
    connection = Connection(server.url, timeout=60)
    path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    values = [f"value-{n:08d}" for n in range(40_000)]
    for n in range(10):
        connection.json("POST", path, {"metadata": {"name": f"b{n}"}, "spec": {
            "maxUnavailable": "50%", "selector": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": values}]}}})
    connection.json("POST", APPS.format("default"), deployment("covered", 20))
    bystander.is_ready_despite("ten budgets with selectors of 40,000 values")
    connection.request("DELETE", path)


def questions(server, bystander, checks):
    connection = Connection(server.url, timeout=60)
    path = "/debug/path?from=node/node-1&to=kubernetes.default.svc.cluster.local:443"
    status, _ = connection.request("GET", path + "&if=node/node-1=Down" * 3000)
    checks.check("a question with thousands of conditions is refused", status == 400, status)
    status, _ = connection.request("GET", path + "&if=node/node-1=Down")
    checks.check("one with a single condition is answered", status == 200, status)
    askers = [Connection(server.url, timeout=60) for _ in range(32)]
    for asker in askers:
        asker.open()
        asker.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20).encode())
    bystander.is_ready_despite("many who ask for the path of a packet")
    for asker in askers:
        asker.close()


def deaf(server, bystander, checks):
    connection = Connection(server.url, timeout=60)
    for n in range(20):
        connection.json("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": f"big{n}"}, "data": {"a": "y" * 900_000}})
    before = sample(server.process.pid)["VmRSS"] / 1024
    clients = []
    for n in range(60):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(connection.address)
        client.sendall(b"GET /api/v1/configmaps HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: a%d\r\n\r\n" % n)
        clients.append(client)
    most = before
    for _ in range(20):
        time.sleep(0.2)
        most = max(most, sample(server.process.pid)["VmRSS"] / 1024)
    # The list has 18 MB: for each client, that would be 1 GB.
    checks.check(f"60 clients that do not read a list of 18 MB hold little memory ({before:.0f} to {most:.0f} MiB)",
                 most - before < 300, f"{before:.0f} to {most:.0f} MiB")
    bystander.is_ready_despite("clients that do not read")
    for client in clients:
        client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--patience", type=float, default=15, help="seconds that a Deployment may take")
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, "--nodes", "3", "--log-level", "error") as server:
        bystander = Bystander(server, checks, args.patience)
        bystander.is_ready_despite("nothing")
        labels(server, bystander)
        budgets(server, bystander)
        questions(server, bystander, checks)
        deaf(server, bystander, checks)
        checks.check("the server lives", server.process.poll() is None, server.process.poll())
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

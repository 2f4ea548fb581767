#!/usr/bin/env python3
"""How fast many pods come to life, and what they cost while nothing happens to them.

    pods.py --binary .build/release/fairlead [--only one|rolling|many|idle] [--replicas 5000] [--nodes 100] [--deployments 600]
            [--idle-nodes 1000] [--idle-pods 30000] [--idle-seconds 60] [--idle-wait 330]

one:  one Deployment goes from 0 replicas to all of them Ready.
rolling: all pods of that Deployment are replaced, with the strategy that Deployments have by default.
many: Deployments of 3 replicas are created one after the other, as from one file, until all are available.
idle: nodes with running pods to which nothing happens: processor time in percent of one core, and resident memory.

Beside the time by the clock stands the processor time of the server: on a busy machine only that means anything. Each
line ends with what it was, as name=value. Watches only Deployments, so that this script costs little beside the server.
"""
import argparse
import http.client
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Tests"))
from fairlead_process import Fairlead  # noqa: E402
from measuring.programs import processor, resident  # noqa: E402

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class Client:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=120)

    def call(self, method, path, body=None, kind="application/json"):
        self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def scale(self, name, replicas):
        self.call("PATCH", f"{DEPLOYMENTS}/{name}/scale", {"spec": {"replicas": replicas}},
                  "application/merge-patch+json")

    def count(self, resource):
        """How many objects there are, without fetching them."""
        page = self.call("GET", f"/api/v1/{resource}?limit=1")
        return len(page["items"]) + page["metadata"].get("remainingItemCount", 0)


def deployment(name, replicas):
    return {"metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [
            {"name": "main", "image": "registry.k8s.io/pause:3.10"}]}}}}


class Available(threading.Thread):
    """Follows how many replicas of each Deployment are available."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.counts, self.changed, self.times = server, {}, threading.Condition(), {}
        self.start()

    def run(self):
        connection = http.client.HTTPConnection(self.server.url.removeprefix("http://"))
        connection.request("GET", DEPLOYMENTS + "?watch=1")
        try:
            for line in connection.getresponse():
                event = json.loads(line)
                status = event["object"]["status"]
                with self.changed:
                    self.counts[event["object"]["metadata"]["name"]] = status.get("availableReplicas", 0)
                    self.changed.notify_all()
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server has ended

    def wait(self, condition, seconds):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.counts), seconds):
                raise RuntimeError(f"timed out; available: {sum(self.counts.values())}")


def wait_for_nodes(client, count):
    until = time.monotonic() + 120
    while True:
        ready = sum(1 for node in client.call("GET", "/api/v1/nodes")["items"]
                    for condition in node["status"].get("conditions", [])
                    if condition["type"] == "Ready" and condition["status"] == "True")
        if ready == count:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"{ready} of {count} nodes are Ready")
        time.sleep(0.5)


def wait_until_quiet(server):
    """Until the process has taken less than a tenth of a core for three seconds in a row."""
    quiet = 0
    until = time.monotonic() + 300
    while quiet < 3 and time.monotonic() < until:
        before = processor(server.process.pid)
        time.sleep(1)
        quiet = quiet + 1 if processor(server.process.pid) - before < 0.1 else 0


def one(options):
    with Fairlead(options.binary, "--nodes", str(options.nodes)) as server:
        client, available = Client(server), Available(server)
        wait_for_nodes(client, options.nodes)
        client.call("POST", DEPLOYMENTS, deployment("web", 0))
        wait_until_quiet(server)
        pid = server.process.pid
        began, before = time.monotonic(), processor(pid)
        client.scale("web", options.replicas)
        available.wait(lambda counts: counts.get("web") == options.replicas, 600)
        seconds, used = time.monotonic() - began, processor(pid) - before
        wait_until_quiet(server)
        whole = processor(pid) - before
        print(f"0 to {options.replicas} replicas on {options.nodes} nodes, all available: {seconds:.1f} s; CPU {used:.1f} s, "
              f"{whole:.1f} s until all is quiet; {client.count('events')} events; {resident(pid):.0f} MB  "
              f"seconds={seconds:.2f} cpu_s={used:.2f}", flush=True)


def rolling(options):
    with Fairlead(options.binary, "--nodes", str(options.nodes)) as server:
        client, available = Client(server), Available(server)
        wait_for_nodes(client, options.nodes)
        client.call("POST", DEPLOYMENTS, deployment("web", options.replicas))
        available.wait(lambda counts: counts.get("web") == options.replicas, 600)
        wait_until_quiet(server)
        pid = server.process.pid
        began, before = time.monotonic(), processor(pid)
        client.call("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"template": {"metadata": {"annotations": {"turn": "2"}}}}},
                    "application/merge-patch+json")
        while True:
            status = client.call("GET", f"{DEPLOYMENTS}/web")["status"]
            if all(status.get(field) == options.replicas for field in ("replicas", "updatedReplicas", "availableReplicas")) \
                    and status.get("observedGeneration", 0) >= 2:
                break
            if time.monotonic() - began > 600:
                raise RuntimeError(f"timed out: {status}")
            time.sleep(0.02)
        seconds, used = time.monotonic() - began, processor(pid) - before
        print(f"rolling update of {options.replicas}: {seconds:.1f} s; CPU {used:.1f} s  seconds={seconds:.2f} cpu_s={used:.2f}",
              flush=True)


def many(options):
    with Fairlead(options.binary, "--nodes", str(options.nodes)) as server:
        client, available = Client(server), Available(server)
        wait_for_nodes(client, options.nodes)
        wait_until_quiet(server)
        pid = server.process.pid
        began, before = time.monotonic(), processor(pid)
        for number in range(options.deployments):
            client.call("POST", DEPLOYMENTS, deployment(f"d-{number}", 3))
        created = time.monotonic()
        available.wait(lambda counts: sum(counts.values()) == 3 * options.deployments, 600)
        seconds, used = time.monotonic() - created, processor(pid) - before
        wait_until_quiet(server)
        whole = processor(pid) - before
        print(f"{options.deployments} Deployments of 3, created in {created - began:.1f} s: available {seconds:.1f} s after the "
              f"last create; CPU {used:.1f} s, {whole:.1f} s until all is quiet  seconds={seconds:.2f} cpu_s={used:.2f}",
              flush=True)


def idle(options):
    flags = ["--nodes", str(options.idle_nodes), "--pod-cidr", "10.128.0.0/10"]
    with Fairlead(options.binary, *flags) as server:
        client, available = Client(server), Available(server)
        wait_for_nodes(client, options.idle_nodes)
        pid = server.process.pid
        began = time.monotonic()
        part = 5000
        for number in range(0, options.idle_pods, part):
            client.call("POST", DEPLOYMENTS, deployment(f"d-{number}", min(part, options.idle_pods - number)))
        available.wait(lambda counts: sum(counts.values()) == options.idle_pods, 1800)
        print(f"{options.idle_nodes} nodes, {options.idle_pods} pods: available after {time.monotonic() - began:.0f} s, "
              f"CPU {processor(pid):.0f} s; at most {resident(pid, 'VmHWM'):.0f} MB", flush=True)
        wait_until_quiet(server)
        # What is only kept for a while has gone by then: trees of objects that nobody has used, five minutes of history.
        time.sleep(options.idle_wait)
        before, began = processor(pid), time.monotonic()
        time.sleep(options.idle_seconds)
        share = (processor(pid) - before) / (time.monotonic() - began) * 100
        print(f"idle: {share:.1f} % of a core, {resident(pid):.0f} MB  percent={share:.1f} mb={resident(pid):.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", choices=["one", "rolling", "many", "idle"])
    parser.add_argument("--replicas", type=int, default=5000)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--deployments", type=int, default=600)
    parser.add_argument("--idle-nodes", type=int, default=1000)
    parser.add_argument("--idle-pods", type=int, default=30000)
    parser.add_argument("--idle-wait", type=int, default=330)
    parser.add_argument("--idle-seconds", type=int, default=60)
    options = parser.parse_args()
    for name, measure in (("one", one), ("rolling", rolling), ("many", many), ("idle", idle)):
        if options.only in (None, name):
            measure(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

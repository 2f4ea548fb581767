#!/usr/bin/env python3
"""The process is stopped for longer than nodes may be silent, a node is really lost, the clock is moved by days and
years: nodes, leases, pods and Services are right again within seconds, and no Service is left without endpoints.

    pause.py --binary .build/release/fairlead [--quick] [--only stop|down|clock]

Takes about 70 s, mostly waiting; --quick shortens the grace period of nodes and with it all waits (about 45 s). The
part with the clock needs a C compiler; without one it is skipped with a message.
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments"
SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
QUICK_GRACE = 12
REPLICAS = 3
DAY = 86400
OFFSETS = [("-1 day", -DAY), ("-10 years", -3650 * DAY), ("+2 hours", 7200), ("+20 years", 7300 * DAY),
           ("+200 years", 73000 * DAY), ("-50 years", -18250 * DAY), ("right again", 0)]


class Cluster:
    """A server with a Deployment behind a Service."""

    def __init__(self, binary, *flags):
        self.server = Fairlead(binary, "--dns-listen", "none", *flags)

    def call(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def set_up(self, probe=None):
        container = {"name": "c", "image": "nginx"} | ({"readinessProbe": probe} if probe else {})
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
        self.call("POST", DEPLOYMENT, {"metadata": {"name": "web"}, "spec": {
            "replicas": REPLICAS, "selector": {"matchLabels": {"app": "web"}}, "template": template}})
        self.call("POST", SERVICES, {"metadata": {"name": "web"}, "spec": {
            "selector": {"app": "web"}, "ports": [{"port": 80}]}})
        return self.soon(lambda: self.endpoints() == REPLICAS and self.nodes() == ["True"] * 3)

    def items(self, path):
        return self.call("GET", path)[1]["items"]

    def nodes(self):
        """The status of each node's Ready condition."""
        return [c["status"] for n in self.items("/api/v1/nodes") for c in n["status"].get("conditions", [])
                if c["type"] == "Ready"]

    def taints(self):
        return [t["key"] for n in self.items("/api/v1/nodes") for t in n["spec"].get("taints") or []]

    def endpoints(self):
        """How many endpoints are ready."""
        return sum(1 for s in self.items(SLICES) for e in s.get("endpoints") or [] if e["conditions"].get("ready"))

    def all_well(self):
        return self.nodes() == ["True"] * 3 and not self.taints() and self.endpoints() == REPLICAS

    def soon(self, condition, seconds=20):
        """How long it took until the condition held, or None."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if condition():
                return time.monotonic() - began
            time.sleep(0.2)
        return None


class Watch(threading.Thread):
    """Records how many endpoints are ready after each change of the Service's slices."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        revision = cluster.call("GET", SLICES)[1]["metadata"]["resourceVersion"]
        self.connection = http.client.HTTPConnection(cluster.server.url.removeprefix("http://"), timeout=300)
        self.connection.request("GET", f"{SLICES}&watch=1&resourceVersion={revision}")
        self.answer = self.connection.getresponse()
        self.counts = []
        self.start()

    def run(self):
        try:
            for line in self.answer:
                endpoints = json.loads(line)["object"].get("endpoints") or []
                self.counts.append(sum(1 for e in endpoints if e["conditions"].get("ready")))
        except (OSError, ValueError, http.client.HTTPException):
            pass


def stop(checks, binary, flags, seconds, meanwhile):
    cluster = Cluster(binary, *flags)
    with cluster.server as server:
        checks.check("a Service has its endpoints", cluster.set_up() is not None)
        watch = Watch(cluster)
        time.sleep(1)
        pods = {p["metadata"]["uid"] for p in cluster.items(PODS)}
        leases = {x["metadata"]["name"]: x["spec"]["renewTime"] for x in cluster.items(LEASES)}
        os.kill(server.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            meanwhile()
            time.sleep(max(0, seconds - (time.monotonic() - began)))
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        after = cluster.soon(cluster.all_well)
        checks.check(f"after a stop of {seconds} s nodes and endpoints are well within 5 s",
                     after is not None and after < 5, f"{after}, nodes {cluster.nodes()}, ready {cluster.endpoints()}")
        renewed = cluster.soon(lambda: all(leases.get(x["metadata"]["name"]) != x["spec"]["renewTime"]
                                           for x in cluster.items(LEASES)), 15)
        checks.check("leases are renewed", renewed is not None)
        ill = 0
        for _ in range(20):
            ill += not cluster.all_well()
            time.sleep(0.5)
        checks.check("and they stay well", ill == 0, f"{ill} of 20 looks")
        checks.check("the watch from before goes on, and never showed the Service empty",
                     watch.is_alive() and 0 not in watch.counts, watch.counts)
        cluster.patch(f"{DEPLOYMENT}/web", {"spec": {"replicas": REPLICAS + 2}})
        checks.check("controllers work on", cluster.soon(lambda: cluster.endpoints() == REPLICAS + 2) is not None)
        checks.check("the watch sees it", cluster.soon(lambda: REPLICAS + 2 in watch.counts, 5) is not None, watch.counts)
        checks.check("the pods are those from before", pods <= {p["metadata"]["uid"] for p in cluster.items(PODS)})


def down(checks, binary):
    """A node that is really lost and comes back; a status that somebody else wrote."""
    cluster = Cluster(binary, "--node-monitor-grace-period", f"{QUICK_GRACE}s")
    with cluster.server:
        checks.check("a cluster with a short grace period", cluster.set_up() is not None)
        pod = cluster.items(PODS)[0]
        conditions = [{**c, "status": "False"} if c["type"] == "Ready" else c for c in pod["status"]["conditions"]]
        status, _ = cluster.patch(f"{PODS}/{pod['metadata']['name']}/status", {"status": {"conditions": conditions}})
        checks.check("a status that somebody else wrote is put right",
                     status == 200 and cluster.soon(lambda: cluster.endpoints() == REPLICAS, 5) is not None)

        node = cluster.items(PODS)[0]["spec"]["nodeName"]
        cluster.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {"fairlead.dev/down": "true"}}})
        lost = cluster.soon(lambda: "Unknown" in cluster.nodes(), QUICK_GRACE + 10)
        checks.check("a node that is down is lost after its grace period, not before",
                     lost is not None and lost > QUICK_GRACE / 2, lost)
        checks.check("its pods are no endpoints", cluster.soon(lambda: cluster.endpoints() < REPLICAS) is not None)
        cluster.patch(f"/api/v1/nodes/{node}", {"metadata": {"annotations": {"fairlead.dev/down": None}}})
        back = cluster.soon(cluster.all_well)
        checks.check("once it is back all is well within 5 s", back is not None and back < 5, back)


def clock(checks, binary):
    """The time of day is set, the monotonic clock is not."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        print("SKIPPED: no C compiler: the clock is not set in this run")
        return
    cluster = Cluster(binary)
    scratch = cluster.server.scratch.name
    library, file = os.path.join(scratch, "set_clock.so"), os.path.join(scratch, "set_clock")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "set_clock.c"), "-ldl"], check=True)

    def set_clock(seconds):
        with open(file, "r+b" if os.path.exists(file) else "wb") as new:
            new.write(struct.pack("=q", seconds))

    set_clock(0)
    os.environ.update(LD_PRELOAD=library, SET_CLOCK=file)
    try:
        cluster.server.start()
    finally:
        del os.environ["LD_PRELOAD"], os.environ["SET_CLOCK"]
    server = cluster.server
    try:
        # Whatever the clock does, a new pod becomes ready after two seconds.
        probe = {"initialDelaySeconds": 2, "tcpSocket": {"port": 80}}
        checks.check("a cluster with a clock of its own", cluster.set_up(probe) is not None)
        for offset, seconds in OFFSETS:
            # The clock is set while the replacement pod is not ready yet.
            pod = cluster.items(PODS)[0]
            cluster.call("DELETE", f"{PODS}/{pod['metadata']['name']}")
            time.sleep(1)
            set_clock(seconds)
            made = cluster.call("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"generateName": "c-"}})
            year = time.gmtime(time.time() + seconds).tm_year
            checks.check(f"clock set to {offset}: what is made now says so",
                         made[1]["metadata"]["creationTimestamp"].startswith(f"{year:04}-"), made)
            gone = cluster.soon(lambda: pod["metadata"]["uid"] not in {p["metadata"]["uid"] for p in cluster.items(PODS)}
                                and cluster.all_well(), 10)
            checks.check(f"clock set to {offset}: a pod ends and is replaced, nodes and endpoints are well",
                         gone is not None, f"nodes {cluster.nodes()}, ready {cluster.endpoints()}")
        checks.check("the process is alive", server.process.poll() is None)
    finally:
        server.stop()
        server.scratch.cleanup()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=["stop", "down", "clock"])
    options = parser.parse_args()
    checks = Checks()

    def meanwhile():
        if options.only is None:
            down(checks, options.binary)
            clock(checks, options.binary)

    if options.only in (None, "stop"):
        if options.quick:
            flags = ["--node-monitor-grace-period", f"{QUICK_GRACE}s"]
            stop(checks, options.binary, flags, QUICK_GRACE + 6, meanwhile)
        else:
            stop(checks, options.binary, [], 50, meanwhile)
    elif options.only == "down":
        down(checks, options.binary)
    else:
        clock(checks, options.binary)
    return checks.finish()


sys.exit(main())

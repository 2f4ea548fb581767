#!/usr/bin/env python3
"""Counts how often slices are written: per flip of a pod in a large Service, and per pod change of a rolling update.

    slice_writes.py --binary .build/release/fairlead [--pods 5000] [--replicas 500]

Counts do not depend on the machine, so Python is fast enough.
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
from fairlead_process import Checks, Fairlead  # noqa: E402

SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
PODS = "/api/v1/namespaces/default/pods"


class Client:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def call(self, method, path, body=None, kind="application/json"):
        self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


class Watch(threading.Thread):
    """Calls `see(type, object)` for every event."""

    def __init__(self, url, path, see):
        super().__init__(daemon=True)
        self.url, self.path, self.see = url, path, see

    def run(self):
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        connection.request("GET", self.path + "?watch=1")
        try:
            for line in connection.getresponse():
                event = json.loads(line)
                self.see(event["type"], event["object"])
        except (OSError, http.client.HTTPException, ValueError):
            pass


def wait(condition, what, seconds=300):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"timed out: {what}")
        time.sleep(0.05)


class SliceCount:
    """The writes of one Service's slices, and how many ready endpoints they show."""

    def __init__(self, service):
        self.service, self.writes, self.slices = service, 0, {}

    def see(self, kind, slice_):
        if slice_["metadata"]["labels"].get("kubernetes.io/service-name") != self.service:
            return
        self.writes += 1
        ready = sum(1 for e in slice_["endpoints"] or [] if e["conditions"].get("ready"))
        self.slices[slice_["metadata"]["name"]] = 0 if kind == "DELETED" else ready

    def ready(self):
        return sum(self.slices.values())


def large_service(checks, binary, pods, flips=100):
    with Fairlead(binary, "--bare") as server:
        client = Client(server.url)
        client.call("POST", "/api/v1/nodes", {"metadata": {"name": "n"}})
        client.call("POST", "/api/v1/namespaces/default/services",
                    {"metadata": {"name": "s"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}})

        def status(number, ready):
            ip = f"10.{number // 65536 + 1}.{number // 256 % 256}.{number % 256}"
            client.call("PATCH", f"{PODS}/p-{number}/status", {"status": {
                "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}},
                "application/merge-patch+json")

        for number in range(pods):
            client.call("POST", PODS, {"metadata": {"name": f"p-{number}", "labels": {"app": "a"}},
                                       "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}})
            status(number, True)
        count = SliceCount("s")
        Watch(server.url, SLICES, count.see).start()
        wait(lambda: count.ready() == pods, "the slices are full")
        before = count.writes
        for flip in range(flips):
            status(flip // 2 * 37 % pods, flip % 2 == 1)
            wait(lambda: count.ready() == (pods if flip % 2 else pods - 1), "a flip is seen")
        time.sleep(0.3)
        writes = count.writes - before
        print(f"{pods} pods, {len(count.slices)} slices: {writes} writes for {flips} flips")
        checks.check("a flip costs one slice write", writes == flips, writes)


def rolling_update(checks, binary, replicas):
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    with Fairlead(binary, "--nodes", "10") as server:
        client = Client(server.url)
        path = "/apis/apps/v1/namespaces/default/deployments"
        client.call("POST", path, {"metadata": {"name": "d"}, "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "a"}}, "template": template}})
        client.call("POST", "/api/v1/namespaces/default/services",
                    {"metadata": {"name": "s"}, "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}})
        count = SliceCount("s")
        known, changes = {}, [0]

        def see_pod(kind, pod):
            ready = any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
            what = (pod["status"].get("podIP"), ready, "deletionTimestamp" in pod["metadata"])
            what = None if kind == "DELETED" or what[0] is None else what
            name = pod["metadata"]["name"]
            if known.get(name) != what:
                changes[0] += 1
            known[name] = what

        Watch(server.url, SLICES, count.see).start()
        Watch(server.url, PODS, see_pod).start()
        wait(lambda: count.ready() == replicas, "the deployment is up")
        time.sleep(1)
        writes, changed = count.writes, changes[0]
        client.call("PATCH", f"{path}/d", {"spec": {"template": {"spec": {"containers": [
            {"name": "c", "image": "i:2"}]}}}}, "application/strategic-merge-patch+json")

        def is_done():
            status = client.call("GET", f"{path}/d")
            return (status["status"].get("observedGeneration") == status["metadata"]["generation"]
                    and status["status"].get("updatedReplicas") == replicas
                    and status["status"].get("replicas") == replicas and count.ready() == replicas)

        wait(is_done, "the update is done", 600)
        wait(lambda: sum(1 for pod in known.values() if pod) == replicas, "the old pods are gone")
        time.sleep(1)
        writes, changed = count.writes - writes, changes[0] - changed
        print(f"rolling update of {replicas}: {writes} slice writes for {changed} changes of pods, "
              f"{writes / max(changed, 1):.2f} each")
        checks.check("a rolling update costs at most 1.2 slice writes per pod change", writes <= 1.2 * changed,
                     f"{writes} writes, {changed} changes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--replicas", type=int, default=500)
    args = parser.parse_args()
    checks = Checks()
    large_service(checks, args.binary, args.pods)
    rolling_update(checks, args.binary, args.replicas)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

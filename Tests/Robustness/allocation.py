#!/usr/bin/env python3
"""Cluster IPs and node ports with many competing clients, and after kill -9: none is shared, none is lost.

    allocation.py --binary .build/debug/fairlead [--seconds 6] [--rounds 4] [--seed N]
"""
import argparse
import http.client
import json
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

COLLECTION = "/api/v1/namespaces/default/services"
# Small enough that clients compete, and that addresses and ports run out now and then.
RANGES = ["--bare", "--service-cluster-ip-range", "10.96.0.0/24", "--service-node-port-range", "30000-30149"]


class Client:
    """One persistent connection."""

    def __init__(self, url):
        self.address = url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(self.address, timeout=20)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": "application/json", "Accept": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def holdings(service):
    """What a Service holds, as strings."""
    spec = service["spec"]
    held = [ip for ip in spec.get("clusterIPs", []) if ip != "None"]
    held += [str(port["nodePort"]) for port in spec.get("ports", []) if port.get("nodePort")]
    if spec.get("healthCheckNodePort"):
        held.append(str(spec["healthCheckNodePort"]))
    return held


def service(name, kind, static):
    spec = {"type": kind, "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 443}]}
    if static is not None:
        spec["clusterIP"] = f"10.96.0.{static}"
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


class Ledger:
    """Who was told to have what. An entry is removed before its deletion is requested."""

    def __init__(self):
        self.lock = threading.Lock()
        self.holders = {}
        self.shared = []
        self.created = self.deleted = self.refused = 0
        self.unexpected = []

    def take(self, name, held):
        with self.lock:
            self.created += 1
            for what in held:
                if what in self.holders:
                    self.shared.append(f"{what}: {self.holders[what]} and {name}")
                self.holders[what] = name

    def give_back(self, name, held):
        with self.lock:
            for what in held:
                if self.holders.get(what) == name:
                    del self.holders[what]


def storm_client(url, number, ledger, until, seed):
    rng = random.Random(seed * 1000 + number)
    client = Client(url)
    own = {}
    serial = 0
    while time.monotonic() < until:
        if own and (len(own) > 2 or rng.random() < 0.4):
            name = rng.choice(sorted(own))
            ledger.give_back(name, own.pop(name))
            status, _ = client.call("DELETE", f"{COLLECTION}/{name}")
            with ledger.lock:
                ledger.deleted += 1
                if status != 200:
                    ledger.unexpected.append(f"DELETE {name}: {status}")
            continue
        name = f"s-{number}-{serial}"
        serial += 1
        kind = rng.choice(["ClusterIP", "NodePort", "LoadBalancer"])
        static = rng.randrange(2, 12) if rng.random() < 0.2 else None
        status, answer = client.call("POST", COLLECTION, service(name, kind, static))
        if status == 201:
            own[name] = holdings(answer)
            ledger.take(name, own[name])
        else:
            with ledger.lock:
                ledger.refused += 1
                # Full, or the requested address belongs to another Service.
                words = answer.get("message", "")
                if "range is full" not in words and "already allocated" not in words:
                    ledger.unexpected.append(f"POST {name}: {status} {words}")


def books(url):
    """Differences between what Services hold and what is claimed."""
    client = Client(url)
    services = client.call("GET", "/api/v1/services")[1]["items"]
    shown = {}
    twice = []
    for one in services:
        name = f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        for what in holdings(one):
            if what in shown:
                twice.append(f"{what} of {shown[what]} and {name}")
            shown[what] = name
    claimed = {}
    for claim in client.call("GET", "/apis/networking.k8s.io/v1/ipaddresses")[1]["items"]:
        parent = claim["spec"]["parentRef"]
        claimed[claim["metadata"]["name"]] = f"{parent['namespace']}/{parent['name']}"
    listed = client.call("GET", "/debug/allocations")[1]
    for entry in listed["nodePorts"]["held"]:
        claimed[entry["value"]] = entry["services"][0]
    addresses = {entry["value"]: entry["services"][0] for entry in listed["clusterIPs"]["held"]}
    differences = twice + [f"{key}: shown {shown.get(key)}, claimed {claimed.get(key)}"
                           for key in sorted(set(shown) | set(claimed)) if shown.get(key) != claimed.get(key)]
    if any(claimed.get(key) != value for key, value in addresses.items()):
        differences.append("/debug/allocations and IPAddress objects differ")
    return differences


def storm(checks, binary, seconds, seed):
    ledger = Ledger()
    with Fairlead(binary, *RANGES) as server:
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=storm_client, args=(server.url, number, ledger, until, seed))
                   for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"storm: {ledger.created} created, {ledger.deleted} deleted, {ledger.refused} refused by 200 clients")
        checks.check("200 clients at once get something", ledger.created > 200, ledger.created)
        checks.check("no address and no port is given to two Services", not ledger.shared, ledger.shared[:5])
        checks.check("every refusal is for want of room", not ledger.unexpected, ledger.unexpected[:5])
        differences = books(server.url)
        checks.check("after the storm the books balance", not differences, differences[:5])
        client = Client(server.url)
        status, _ = client.call("DELETE", COLLECTION)
        differences = books(server.url)
        held = client.call("GET", "/debug/allocations")[1]["nodePorts"]["held"]
        checks.check("what was deleted has given everything back", status == 200 and not held and not differences,
                     (held[:5], differences[:5]))


def writer(url, number, round_number, state, lock, stop, seed):
    """Creates and deletes until the server dies; `state` says what was acknowledged or is in doubt."""
    rng = random.Random(seed * 100000 + round_number * 100 + number)
    client = Client(url)
    own = []
    serial = 0
    try:
        while not stop.is_set():
            if own and rng.random() < 0.45:
                name = own.pop(rng.randrange(len(own)))
                with lock:
                    state[name] = "in doubt"
                status, _ = client.call("DELETE", f"{COLLECTION}/{name}")
                with lock:
                    state[name] = "gone" if status == 200 else state[name]
            else:
                name = f"k-{round_number}-{number}-{serial}"
                serial += 1
                with lock:
                    state[name] = "in doubt"
                status, _ = client.call("POST", COLLECTION, service(name, rng.choice(["ClusterIP", "NodePort"]), None))
                with lock:
                    state[name] = "there" if status == 201 else "gone"
                if status == 201:
                    own.append(name)
    except (OSError, http.client.HTTPException, ValueError):
        pass


def kill_rounds(checks, binary, rounds, seed):
    rng = random.Random(seed)
    state = {}
    lock = threading.Lock()
    with Fairlead(binary, *RANGES) as server:
        for round_number in range(rounds):
            stop = threading.Event()
            threads = [threading.Thread(target=writer, args=(server.url, n, round_number, state, lock, stop, seed))
                       for n in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(0.4 + rng.random())
            server.kill()
            stop.set()
            for thread in threads:
                thread.join()
            server.start()
            differences = books(server.url)
            checks.check(f"kill -9, round {round_number + 1}: the books balance", not differences, differences[:5])
            found = {s["metadata"]["name"] for s in Client(server.url).call("GET", COLLECTION)[1]["items"]}
            wrong = [f"{name} should be {what}" for name, what in state.items()
                     if what != "in doubt" and (what == "there") != (name in found)]
            checks.check(f"kill -9, round {round_number + 1}: what was acknowledged holds", not wrong, wrong[:5])
            # Makes room for the next round; whatever was in doubt is decided now.
            client = Client(server.url)
            for name in sorted(found):
                if name.startswith("k-") and rng.random() < 0.7:
                    client.call("DELETE", f"{COLLECTION}/{name}")
            found = {s["metadata"]["name"] for s in client.call("GET", COLLECTION)[1]["items"]}
            state = {name: "there" for name in found if name.startswith("k-")}
        differences = books(server.url)
        checks.check("at the end the books balance", not differences, differences[:5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    args = parser.parse_args()
    print(f"seed {args.seed}")
    checks = Checks()
    storm(checks, args.binary, args.seconds, args.seed)
    kill_rounds(checks, args.binary, args.rounds, args.seed)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

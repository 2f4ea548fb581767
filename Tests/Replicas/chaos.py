#!/usr/bin/env python3
"""Three members of etcd and three replicas under faults, with clients that keep what they were told.

    chaos.py --binary FILE [--seconds 150] [--seed N]

While clients write, read and watch at all replicas, members and replicas are killed with -9 and started again, are
stopped for seconds, and members are cut off from each other (in a network namespace of the test's own, where the system
has nft and lets it be made). Afterwards a checker goes through all histories:

- writes are linearizable: each register's versions form one chain, a write that was answered is in it once, one that
  was refused is not, and nobody reads a version older than one that was known before the read began;
- watches are ordered, unique, reliable, resumable and bookmarkable: every watcher has seen, between where it began and
  where it is, exactly the versions that there were;
- no cluster IP and no node port has ever belonged to two Services;
- the lease had one holder at a time, and each successor waited until it had run out or was given up;
- at the end, controllers work, and all replicas show the same.
"""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from cluster import Etcd, Replicas, wait_for  # noqa: E402
from fairlead_process import Checks  # noqa: E402

REGISTERS = [f"r{i}" for i in range(6)]
MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
RANGES = ["--bare", "--service-cluster-ip-range", "10.96.0.0/26", "--service-node-port-range", "30000-30030",
          # History is compacted while all goes on.
          "--history-age", "20", "--compaction-interval", "2"]


def call(url, method, path, body=None, timeout=12):
    """The status and the decoded body; (0, why) if nobody can say what became of it."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as why:
        return 0, str(why)
    finally:
        connection.close()


class Client(threading.Thread):
    """Does one thing after the other until it is told to stop; an error of its own is a problem."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world = world
        self.end = threading.Event()
        self.random = random.Random(seed)

    def url(self):
        return self.random.choice(self.world.replicas.servers).url

    def run(self):
        try:
            while not self.end.is_set():
                self.act()
        except Exception as why:  # noqa: BLE001 - whatever it is, the test has failed
            self.world.problems.append(f"{type(self).__name__}: {why!r}")


class Registrar(Client):
    """Reads registers, and writes on the condition that they are as they were read."""

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.operations = []
        self.known = {}
        self.count = 0

    def act(self):
        name = self.random.choice(REGISTERS)
        if name not in self.known or self.random.random() < 0.5:
            began = time.monotonic()
            status, body = call(self.url(), "GET", f"{MAPS}/{name}")
            if status == 200:
                version = (int(body["metadata"]["resourceVersion"]), body["data"]["v"])
                self.known[name] = version
                self.operations.append(("read", name, began, time.monotonic(), version, None))
            elif status not in (0, 500, 503, 504):
                self.world.problems.append(f"GET {name}: {status} {body}")
            return
        before = self.known.pop(name)
        self.count += 1
        value = f"{self.name}-{self.count}"
        began = time.monotonic()
        status, body = call(self.url(), "PUT", f"{MAPS}/{name}", {
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "labels": {"test": "chaos"}, "resourceVersion": str(before[0])},
            "data": {"v": value}})
        ended = time.monotonic()
        if status == 200:
            version = (int(body["metadata"]["resourceVersion"]), value)
            self.known[name] = version
            self.operations.append(("write", name, began, ended, version, before))
        elif status == 409:
            self.operations.append(("refused", name, began, ended, (None, value), before))
        elif status in (0, 500, 503, 504):
            self.operations.append(("unknown", name, began, ended, (None, value), before))
        else:
            self.world.problems.append(f"PUT {name}: {status} {body}")


class Landlord(Client):
    """Creates and deletes Services, in ranges so small that addresses and ports come back again and again."""

    count = 0

    def act(self):
        status, body = call(self.url(), "GET", SERVICES + "?resourceVersion=0")
        mine = [item["metadata"]["name"] for item in body.get("items", []) if item["metadata"]["name"].startswith(self.name.lower())] \
            if status == 200 else []
        if mine and self.random.random() < 0.5:
            call(self.url(), "DELETE", f"{SERVICES}/{self.random.choice(mine)}")
            return
        self.count += 1
        call(self.url(), "POST", SERVICES, {
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": f"{self.name.lower()}-{self.count}"},
            "spec": {"type": "NodePort", "ports": [{"port": 80}]}})


class Watcher(Client):
    """Lists, then watches, at whichever replica it comes to, from where it was."""

    def __init__(self, world, seed, path):
        super().__init__(world, seed)
        self.path = path
        # Stretches without a gap: (the revision of the list, the events, the last revision that is known to be complete).
        self.stretches = []
        self.revision = None
        self.expired = 0

    def act(self):
        if self.revision is None:
            status, body = call(self.url(), "GET", self.path)
            if status != 200:
                time.sleep(0.1)
                return
            self.revision = int(body["metadata"]["resourceVersion"])
            self.stretches.append([self.revision, [], self.revision])
        connection = http.client.HTTPConnection(self.url().removeprefix("http://"), timeout=3)
        try:
            joint = "&" if "?" in self.path else "?"
            connection.request("GET", f"{self.path}{joint}watch=1&allowWatchBookmarks=true&resourceVersion={self.revision}"
                                      f"&timeoutSeconds={self.random.randint(2, 12)}")
            answer = connection.getresponse()
            while not self.end.is_set() and (line := answer.readline()):
                if not line.endswith(b"\n"):
                    break
                if not self.take(json.loads(line)):
                    break
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.05)
        finally:
            connection.close()

    def take(self, event):
        if event["type"] == "ERROR":
            if event["object"].get("code") == 410:
                self.expired += 1
                self.revision = None
            return False
        stretch = self.stretches[-1]
        revision = int(event["object"]["metadata"]["resourceVersion"])
        if event["type"] == "BOOKMARK":
            if revision < self.revision:
                self.world.problems.append(f"{self.path}: a bookmark of {revision} after {self.revision}")
        else:
            if revision <= self.revision:
                self.world.problems.append(f"{self.path}: an event of {revision} after {self.revision}")
            stretch[1].append((revision, event["type"], event["object"]))
        self.revision = stretch[2] = max(self.revision, revision)
        return True


class Faults(Client):
    """Breaks one thing at a time, and mends it."""

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.done = {}

    def act(self):
        kinds = ["member killed", "member stopped", "replica killed", "replica stopped", "leader killed"]
        if self.world.can_cut:
            kinds.append("member cut off")
        kind = self.random.choice(kinds)
        self.done[kind] = self.done.get(kind, 0) + 1
        if kind.startswith("member"):
            self.member(kind, self.random.choice(self.world.etcd.members))
        else:
            self.replica(kind)
        self.end.wait(self.random.uniform(2, 4))

    def member(self, kind, member):
        if kind == "member killed":
            member.signal(signal.SIGKILL)
            self.end.wait(self.random.uniform(0.5, 3))
            self.world.etcd.start(member)
        elif kind == "member stopped":
            member.signal(signal.SIGSTOP)
            self.end.wait(self.random.uniform(1, 5))
            member.signal(signal.SIGCONT)
        else:
            # From the other members; clients still reach it.
            nft("add chain inet cut members { type filter hook input priority 0; }")
            nft(f"add rule inet cut members tcp dport {member.peer} drop")
            nft(f"add rule inet cut members tcp sport {member.peer} drop")
            # The connections that it has opened itself have other ports.
            for other in self.world.etcd.members:
                if other is not member:
                    for port in ports_of(member.process.pid, other.peer):
                        nft(f"add rule inet cut members tcp sport {port} drop")
                        nft(f"add rule inet cut members tcp dport {port} drop")
            self.end.wait(self.random.uniform(2, 5))
            nft("delete chain inet cut members")

    def replica(self, kind):
        servers = self.world.replicas.servers
        victim = self.random.choice(servers)
        if kind == "leader killed":
            for server in servers:
                status, text = scrape(server.url)
                if status == 200 and 'leader_election_master_status{name="fairlead"} 1' in text:
                    victim = server
        if kind == "replica stopped":
            victim.process.send_signal(signal.SIGSTOP)
            self.end.wait(self.random.uniform(1, 6))
            victim.process.send_signal(signal.SIGCONT)
            return
        victim.kill()
        self.end.wait(self.random.uniform(0.2, 2))
        victim.start()


def scrape(url):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def nft(command):
    subprocess.run(["nft", command], check=True)


def ports_of(process, port):
    """The local ports of a process's connections to a port."""
    found = subprocess.run(["ss", "-Htnp", "dport", "=", f":{port}"], check=True, capture_output=True, text=True).stdout
    return [int(line.split()[3].rsplit(":", 1)[1]) for line in found.splitlines() if f"pid={process}," in line]


class World:
    def __init__(self, etcd, replicas, can_cut):
        self.etcd, self.replicas, self.can_cut = etcd, replicas, can_cut
        self.problems = []


def history(watchers):
    """Everything that any watcher has seen: {(revision, name): (type, object)}; and what they contradict each other in."""
    seen, contradictions = {}, []
    for watcher in watchers:
        for _, events, _ in watcher.stretches:
            for revision, kind, item in events:
                key = (revision, item["metadata"]["name"])
                # ADDED and MODIFIED say the same of a version, as far as it can be seen from a selection.
                known = seen.setdefault(key, (kind, item))
                if known[1] != item:
                    contradictions.append(f"{key}: {known} and {(kind, item)}")
    return seen, contradictions


def check_watches(checks, label, watchers):
    seen, contradictions = history(watchers)
    checks.check(f"{label}: watchers agree about every version", not contradictions, contradictions[:3])
    missed = []
    for watcher in watchers:
        for start, events, end in watcher.stretches:
            mine = {(revision, item["metadata"]["name"]) for revision, _, item in events}
            if len(mine) != len(events):
                missed.append("an event came twice")
            missed += [f"{key} between {start} and {end}" for key in seen if start < key[0] <= end and key not in mine]
    count = sum(len(events) for watcher in watchers for _, events, _ in watcher.stretches)
    checks.check(f"{label}: {len(watchers)} watchers have seen every version once ({count} events, "
                 f"{sum(w.expired for w in watchers)} times 410)", not missed, missed[:5])
    return seen


def check_registers(checks, registrars, seen, final):
    operations = [operation for registrar in registrars for operation in registrar.operations]
    versions = {name: {} for name in REGISTERS}
    for (revision, name), (_, item) in seen.items():
        if name in versions:
            versions[name][revision] = item["data"]["v"]
    kinds = {}
    wrong = []
    for kind, name, _, _, (revision, value), before in operations:
        kinds[kind] = kinds.get(kind, 0) + 1
        places = [at for at, written in versions[name].items() if written == value]
        if kind == "write":
            if places != [revision]:
                wrong.append(f"the write of {value} to {name} was answered with {revision} and is at {places}")
            between = [at for at in versions[name] if before[0] < at < revision]
            if between:
                wrong.append(f"{value} was written over {before}, but {between} came between")
        elif kind == "refused" and places:
            # Its first attempt may have been the one that was in its own way: not with an answer that says conflict.
            wrong.append(f"{value} was refused, and is at {places}")
        elif kind == "unknown" and len(places) > 1:
            wrong.append(f"{value} was written at {places}")
        elif kind == "read" and versions[name].get(revision, value) != value:
            wrong.append(f"{name} was read as {value} at {revision}, where it is {versions[name][revision]}")
    checks.check(f"each write counts once, and only if it was not refused ({kinds})", not wrong, wrong[:5])
    stale = []
    for name in REGISTERS:
        events = sorted((o for o in operations if o[1] == name and o[0] in ("read", "write")), key=lambda o: o[3])
        newest, ends = 0, []
        # In order of beginning: everything that had ended before counts.
        index = 0
        for operation in sorted(events, key=lambda o: o[2]):
            while index < len(events) and events[index][3] < operation[2]:
                newest = max(newest, events[index][4][0])
                index += 1
            revision = operation[4][0]
            if revision < newest or (operation[0] == "write" and revision == newest):
                stale.append(f"{operation} after {newest}")
    checks.check("nobody reads or writes behind what was known before", not stale, stale[:5])
    last = [f"{name}: {final[name]} is not {max(found)}" for name, found in versions.items() if found and final[name] != max(found)]
    checks.check("the last version of each register is the one that is there", not last, last)


def check_addresses(checks, seen):
    """Goes through the Services in order of revision: at no time has one address two owners."""
    owners, twice = {}, []
    taken = 0
    for (revision, name), (kind, item) in sorted(seen.items(), key=lambda entry: entry[0][0]):
        claims = [item["spec"].get("clusterIP")] + [port.get("nodePort") for port in item["spec"].get("ports", [])]
        for claim in filter(None, claims):
            if kind == "DELETED":
                if owners.get(claim) == name:
                    del owners[claim]
            else:
                taken += claim not in owners
                if owners.setdefault(claim, name) != name:
                    twice.append(f"{claim} of {owners[claim]} and {name} at {revision}")
    checks.check(f"no address and no port has two owners ({taken} given out)", not twice and taken > 0, twice[:5])


def seconds_of(text):
    whole, _, rest = text.rstrip("Z").partition(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + (rest or "0"))


def check_leases(checks, seen):
    early, holders, previous = [], 0, None
    for (revision, name), (_, item) in sorted(seen.items(), key=lambda entry: entry[0][0]):
        if name != "fairlead":
            continue
        spec = item["spec"]
        if previous is not None and previous["holderIdentity"] and spec["holderIdentity"] not in ("", previous["holderIdentity"]):
            holders += 1
            waited = seconds_of(spec["acquireTime"]) - seconds_of(previous["renewTime"])
            # One machine, one clock; the look at the lease is a moment before or after.
            if waited < previous["leaseDurationSeconds"] - 0.5:
                early.append(f"at {revision} after {waited:.1f} s")
        previous = spec
    checks.check(f"nobody took the lease before it had run out ({holders} times taken over)", not early, early[:5])


def verify(checks, world, registrars, writers, watchers, faults):
    servers = world.replicas.servers
    for member in world.etcd.members:
        if member.process.poll() is not None:
            world.etcd.start(member)
    for server in servers:
        wait_for(lambda: call(server.url, "GET", "/readyz", timeout=2)[0] == 200 or b"ok" in raw(server.url, "/readyz"),
                 "a replica is not ready again", 40)
    # Endpoints of a Service are the work of a controller.
    call(servers[0].url, "POST", SERVICES, {
        "kind": "Service", "apiVersion": "v1", "metadata": {"name": "last"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}})
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dlast"
    try:
        wait_for(lambda: call(servers[1].url, "GET", slices)[1].get("items"), "", 20)
        works = True
    except RuntimeError:
        works = False
    checks.check("controllers work at the end", works)
    leading = [server for server in servers if 'leader_election_master_status{name="fairlead"} 1' in scrape(server.url)[1]]
    checks.check("one replica leads at the end", len(leading) == 1, f"{len(leading)} do")
    for thread in writers:
        thread.end.set()
    for thread in writers:
        thread.join(30)
    # The watchers come to the end.
    final = {}
    for name in REGISTERS:
        found = [call(server.url, "GET", f"{MAPS}/{name}") for server in servers]
        checks.check(f"all replicas show the same {name}", all(f[0] == 200 and f[1] == found[0][1] for f in found), found)
        final[name] = int(found[0][1]["metadata"]["resourceVersion"])
    end = max(final.values())
    wait_for(lambda: all(w.revision is not None and w.revision >= end for w in watchers if w.path.startswith(MAPS)),
             "a watcher does not come to the end", 60)
    for thread in watchers:
        thread.end.set()
    for thread in watchers:
        thread.join(15)
    seen = check_watches(checks, "registers", [w for w in watchers if w.path.startswith(MAPS)])
    check_registers(checks, registrars, seen, final)
    check_addresses(checks, check_watches(checks, "services", [w for w in watchers if w.path == SERVICES]))
    check_leases(checks, check_watches(checks, "leases", [w for w in watchers if w.path == LEASE]))
    checks.check("clients had no other problems", not world.problems, world.problems[:5])
    checks.check(f"faults: {faults.done}", bool(faults.done))


def raw(url, path):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


def in_own_network():
    """Runs this script in a network namespace of its own if that is possible; says whether it is in one."""
    if os.environ.get("FAIRLEAD_CHAOS") == "inside":
        return True
    able = os.geteuid() == 0 and shutil.which("nft") and shutil.which("ip") and subprocess.run(
        ["unshare", "-n", "sh", "-c", "ip link set lo up && nft add table inet cut"], check=False, capture_output=True).returncode == 0
    if not able:
        print("SKIPPED members that are cut off: no network namespace with nft can be made here")
        return False
    os.execvpe("unshare", ["unshare", "-n", "sh", "-c", 'ip link set lo up && nft add table inet cut && exec "$@"', "sh",
                           sys.executable, *sys.argv], {**os.environ, "FAIRLEAD_CHAOS": "inside"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=int, default=150)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    can_cut = in_own_network()
    print(f"seed {args.seed}", flush=True)
    checks = Checks()
    with Etcd(3) as etcd, Replicas(os.path.abspath(args.binary), etcd, 3, *RANGES) as replicas:
        world = World(etcd, replicas, can_cut)
        for name in REGISTERS:
            status, body = call(replicas.servers[0].url, "POST", MAPS, {
                "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "labels": {"test": "chaos"}}, "data": {"v": "0"}})
            assert status == 201, body
        chosen = MAPS + "?labelSelector=test%3Dchaos"
        watchers = [Watcher(world, args.seed + i, path) for i, path in enumerate([chosen] * 3 + [SERVICES] * 2 + [LEASE] * 2)]
        registrars = [Registrar(world, args.seed + 100 + i) for i in range(5)]
        landlords = [Landlord(world, args.seed + 200 + i) for i in range(2)]
        for thread in watchers + registrars + landlords:
            thread.start()
        # Every watcher has begun before anything breaks.
        wait_for(lambda: all(w.stretches for w in watchers), "a watcher does not begin", 20)
        faults = Faults(world, args.seed + 300)
        faults.start()
        time.sleep(args.seconds)
        faults.end.set()
        faults.join(60)
        try:
            verify(checks, world, registrars, registrars + landlords, watchers, faults)
        except RuntimeError as why:
            checks.check(str(why), False, [server.url for server in replicas.servers])
        for thread in registrars + landlords + watchers:
            thread.end.set()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

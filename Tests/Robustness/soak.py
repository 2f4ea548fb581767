#!/usr/bin/env python3
"""Full churn for minutes: memory, file, descriptors and threads stay flat, and come back when everything is deleted.

    soak.py --binary FILE [--minutes 2] [--seed N] [--verbose]

ConfigMaps, Services, Pods, Deployments and Leases are created, changed and deleted; watchers come and go, some without
closing their connection; lists are read in pages. Samples are taken all the time. The first third of the time (ten
minutes at most) is for warming up; from then on a straight line through the samples must be flat. In the end everything
is deleted: memory must return to 1.5 times what it was at the start, and the file must shrink. Runs shorter than 20
minutes use a short history and short-lived Events, and allow more: they cannot see a slow leak, only a fast one.
"""
import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Connection, sample  # noqa: E402

# Seconds that a round of one maker of objects takes: at a fixed rate, what grows is not the load.
ROUND = 0.2
N = "/api/v1/namespaces/default"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
WATCHED = ["/api/v1/pods", "/api/v1/services", N + "/configmaps", "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/events",
           "/apis/apps/v1/replicasets"]
MERGE = "application/merge-patch+json"


class Churner:
    """One process that creates churn, so that Python's global lock is not the limit."""

    def __init__(self, url, seed, stop, done, troubles):
        self.url, self.seed, self.stop, self.done, self.troubles = url, seed, stop, done, troubles

    def run(self):
        jobs = [lambda n=n: self.objects(n) for n in range(4)] + [lambda n=n: self.watcher(n) for n in range(6)]
        jobs += [self.pages, self.deployment] if self.seed % 2 == 0 else [self.pages]
        threads = [threading.Thread(target=self.forever, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def forever(self, job):
        while not self.stop.is_set():
            try:
                job()
            except OSError as error:
                if not self.stop.is_set():
                    self.trouble(repr(error))
                time.sleep(0.5)

    def trouble(self, words):
        with self.troubles.get_lock():
            self.troubles.value += 1
        print(f"     trouble: {words[:300]}", flush=True)

    def ask(self, connection, *arguments):
        status, answer = connection.json(*arguments)
        with self.done.get_lock():
            self.done.value += 1
        if status >= 500 or status in (400, 422):
            self.trouble(f"{arguments[:2]}: {status} {answer.get('message')}")
        return status, answer

    def objects(self, number):
        connection, rng = Connection(self.url, timeout=60), random.Random()
        lease = f"{LEASES}/l{self.seed}-{number}"
        while not self.stop.is_set():
            began = time.monotonic()
            name = f"x{self.seed}-{number}-{rng.randrange(40)}"
            ask = lambda *a: self.ask(connection, *a)  # noqa: E731
            ask("POST", N + "/configmaps", {"metadata": {"name": name}, "data": {"v": "x" * rng.randrange(4000)}})
            ask("PATCH", f"{N}/configmaps/{name}", {"data": {"v": str(rng.random())}}, MERGE)
            kind = rng.choice(["ClusterIP", "NodePort", "LoadBalancer"])
            ask("POST", N + "/services", {"metadata": {"name": name}, "spec": {"type": kind, "ports": [{"port": 80}], "selector": {"app": name}}})
            ask("POST", N + "/pods", {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
            status, held = ask("GET", lease)
            if status == 404:
                ask("POST", LEASES, {"metadata": {"name": lease.rsplit("/", 1)[1]}, "spec": {"holderIdentity": "h", "leaseDurationSeconds": 10}})
            elif status == 200:
                held["spec"]["holderIdentity"] = str(rng.random())
                ask("PUT", lease, held)
            ask("PATCH", f"{N}/services/{name}", {"metadata": {"annotations": {"z": str(rng.random())}}}, MERGE)
            time.sleep(rng.random() * 0.1)
            ask("DELETE", f"{N}/configmaps/{name}")
            ask("DELETE", f"{N}/services/{name}")
            ask("DELETE", f"{N}/pods/{name}?gracePeriodSeconds={rng.choice([0, 1, 2])}")
            time.sleep(max(0, began + ROUND - time.monotonic()))

    def watcher(self, number):
        rng = random.Random()
        connection = Connection(self.url, timeout=2)
        connection.open()
        connection.socket.sendall((f"GET {rng.choice(WATCHED)}?watch=1&allowWatchBookmarks=true&timeoutSeconds={rng.randrange(3, 40)} HTTP/1.1\r\n"
                                   "Host: 127.0.0.1\r\n\r\n").encode())
        until = time.monotonic() + rng.random() * 15
        while time.monotonic() < until and not self.stop.is_set():
            try:
                if not connection.socket.recv(1 << 16):
                    break
            except TimeoutError:
                continue
        connection.close()

    def pages(self):
        connection, rng = Connection(self.url, timeout=60), random.Random()
        token = ""
        path = rng.choice([N + "/pods", "/api/v1/services", N + "/configmaps", "/api/v1/events"])
        while not self.stop.is_set():
            status, page = connection.json("GET", f"{path}?limit=7" + (f"&continue={token}" if token else ""))
            token = page.get("metadata", {}).get("continue", "") if status == 200 else ""
            time.sleep(0.02)
            if not token or rng.random() < 0.1:  # many lists are abandoned half-way
                return

    def deployment(self):
        connection, rng = Connection(self.url, timeout=60), random.Random()
        template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        self.ask(connection, "POST", DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": {"replicas": 5, "selector": {"matchLabels": {"app": "d"}},
                                                                                       "template": template}})
        for _ in range(6):
            if self.stop.wait(2):
                return
            image = {"spec": {"containers": [{"name": "c", "image": f"i:{rng.randrange(9)}"}]}}
            self.ask(connection, "PATCH", DEPLOYMENTS + "/d", {"spec": {"replicas": rng.randrange(1, 12), "template": image}},
                     "application/strategic-merge-patch+json")
        self.ask(connection, "DELETE", DEPLOYMENTS + "/d", {"propagationPolicy": "Background"})
        self.stop.wait(2)


def files(server):
    folder = os.path.dirname(server.data)
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder) if name.startswith("fairlead.db"))


class Samples:
    def __init__(self, server, done, verbose):
        self.server, self.done, self.verbose = server, done, verbose
        self.began, self.rows = time.monotonic(), []

    def take(self, what):
        found = sample(self.server.process.pid)
        row = {"at": time.monotonic() - self.began, "rss": found.get("VmRSS", 0) / 1024, "descriptors": found.get("descriptors", 0),
               "threads": found.get("Threads", 0), "file": files(self.server) / 1048576, "requests": self.done.value}
        self.rows.append(row)
        if self.verbose or len(self.rows) % 12 == 1:
            print(f"     {what} {row['at']:5.0f} s: {row['rss']:.1f} MiB resident, file {row['file']:.1f} MiB, {row['descriptors']} descriptors, "
                  f"{row['threads']} threads, {row['requests']} requests", flush=True)
        return row

    def growth(self, name, since):
        """(the rise of a straight line through the samples, their mean)"""
        points = [(row["at"], row[name]) for row in self.rows if row["at"] >= since]
        if len(points) < 4:
            return float("inf"), 1
        mean_x, mean_y = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
        return slope * (points[-1][0] - points[0][0]), mean_y


def delete_everything(url):
    connection = Connection(url, timeout=120)
    for path in (DEPLOYMENTS, "/apis/apps/v1/namespaces/default/replicasets", N + "/configmaps", N + "/pods", LEASES, N + "/services"):
        connection.request("DELETE", path + "?gracePeriodSeconds=0", {"propagationPolicy": "Background"})
    time.sleep(3)
    for path in (N + "/pods", N + "/events", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"):
        connection.request("DELETE", path + "?gracePeriodSeconds=0")


def flags_for(binary, long):
    """A long run keeps the default history, but Events would outlive the run by default."""
    wanted = {"--event-ttl": "5m" if long else "20s"}
    if not long:
        wanted |= {"--history-age": "10", "--compaction-interval": "1"}
    known = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True).stdout
    return [word for flag, value in wanted.items() if flag in known for word in (flag, value)]


def soak(checks, args):
    long = args.minutes >= 20
    seconds = args.minutes * 60
    warm = min(600, seconds / 3)
    context = multiprocessing.get_context("fork")
    stop, done, troubles = context.Event(), context.Value("q", 0), context.Value("q", 0)
    with Fairlead(args.binary, "--dns-listen", "none", "--nodes", "3", *flags_for(args.binary, long)) as server:
        time.sleep(5)
        samples = Samples(server, done, args.verbose)
        start = samples.take("start")
        churners = [context.Process(target=Churner(server.url, args.seed * 10 + n, stop, done, troubles).run) for n in range(2)]
        for process in churners:
            process.start()
        every = min(15, max(2, seconds / 60))
        while time.monotonic() - samples.began < seconds and server.process.poll() is None:
            time.sleep(every)
            samples.take("churn")
        stop.set()
        for process in churners:
            process.join(70)
            if process.is_alive():
                process.kill()
        checks.check("the server lives", server.process.poll() is None, server.process.poll())
        checks.check("churn is served without trouble", troubles.value == 0 and done.value > seconds * 20, f"{troubles.value} of {done.value}")
        share, least = (0.1, 10) if long else (0.35, 30)
        for name, words in (("rss", "resident memory"), ("file", "the file")):
            rise, mean = samples.growth(name, warm)
            print(f"     {words}: a line through the samples after {warm:.0f} s rises by {rise:.1f} MiB, mean {mean:.1f} MiB")
            checks.check(f"{words} is flat", rise <= max(share * mean, least), f"{rise:.1f} MiB in {seconds - warm:.0f} s, mean {mean:.1f}")
        for name, allowed in (("descriptors", 25), ("threads", 4)):
            before = max(row[name] for row in samples.rows if row["at"] <= warm)
            after = max(row[name] for row in samples.rows if row["at"] > warm)
            checks.check(f"{name} are flat", after <= before + allowed, f"{before} at most while warming up, {after} afterwards")
        peak = max(row["file"] for row in samples.rows)
        delete_everything(server.url)
        # A short run only tells whether memory is freed with the objects; the real goal is that of a long run.
        factor, until = (1.5 if long else 4.0), time.monotonic() + (600 if long else 45)
        while time.monotonic() < until and server.process.poll() is None:
            time.sleep(2)
            end = samples.take("after")
            if end["rss"] <= factor * start["rss"] and end["file"] <= max(4, peak / 2) and end["descriptors"] <= start["descriptors"] + 10:
                break
        print(f"     at the start {start['rss']:.1f} MiB, at most {max(r['rss'] for r in samples.rows):.1f}, after everything is deleted {end['rss']:.1f}; "
              f"file {peak:.1f} at most, then {end['file']:.1f} MiB; descriptors {start['descriptors']} and {end['descriptors']}; {done.value} requests")
        checks.check(f"memory returns to {factor} times of the start", end["rss"] <= factor * start["rss"], f"{start['rss']:.1f} to {end['rss']:.1f} MiB")
        checks.check("the file shrinks", end["file"] <= max(4, peak / 2), f"{peak:.1f} to {end['file']:.1f} MiB")
        checks.check("descriptors are given back", end["descriptors"] <= start["descriptors"] + 10, f"{start['descriptors']} to {end['descriptors']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="print every sample")
    args = parser.parse_args()
    checks = Checks()
    soak(checks, args)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

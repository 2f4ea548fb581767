#!/usr/bin/env python3
"""kill -9 in loops, with a history checker: no acknowledged write is lost, no event lost, doubled or out of order.

    kill.py --binary FILE [--loops 10] [--mode writing|startup|compaction|vacuum|lists] [--seed N]

Without --mode the loops are spread over all of them; each mode has a file of its own. While writers write and watchers
watch, the server is killed: at any moment (writing), again and again while it starts (startup), while old history is
removed (compaction), while the file shrinks (vacuum), between the pages of lists (lists). After each start acknowledged
writes must be there, writes in doubt wholly or not at all, revisions must go on, cluster IPs and node ports must be
exactly those of the Services; watchers and paged lists go on where they were.
"""
import argparse
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from allocation import books  # noqa: E402
from crowds import fill  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402
from history import LABEL, PATHS, Book, Watch, Writer, mark_of, revision_of  # noqa: E402
from probes import Connection  # noqa: E402

# Small ranges, so that addresses and ports are reused again and again.
RANGES = ["--dns-listen", "none", "--service-cluster-ip-range", "10.96.0.0/25", "--service-node-port-range", "30000-30040", "--nodes", "1"]
SHORT = ["--history-age", "3", "--compaction-interval", "1"]
MODES = {"writing": RANGES, "startup": RANGES, "compaction": RANGES + SHORT, "vacuum": RANGES + SHORT, "lists": RANGES}
SHARES = ["writing", "startup", "compaction", "vacuum", "writing", "lists", "writing", "startup", "compaction", "vacuum"]


class Kill:
    def __init__(self, checks, binary, mode, loops, seed):
        self.checks, self.binary, self.mode, self.loops = checks, binary, mode, loops
        self.random = random.Random(f"{mode} {seed}")
        self.seed = seed
        self.book = Book()
        self.watches = [Watch(self.book, "ConfigMaps", PATHS["cm"], LABEL), Watch(self.book, "Services", "/api/v1/services"),
                        Watch(self.book, "IPAddresses", "/apis/networking.k8s.io/v1/ipaddresses"),
                        Watch(self.book, "EndpointSlices", "/apis/discovery.k8s.io/v1/endpointslices"),
                        Watch(self.book, "Events", "/api/v1/events")]
        self.pages = None

    def run(self):
        server = Fairlead(self.binary, *MODES[self.mode])
        try:
            server.start()
            if self.mode == "lists":
                fill(server.url, 1000)
            for number in range(self.loops):
                self.loop(server, number)
                if len(self.book.problems) > 20:
                    break
            self.verify(server, "at the end")
            self.catch_up(server)
            server.stop()
            self.file(server)
        except RuntimeError as error:
            self.book.problem("it did not start:", str(error)[-600:])
        finally:
            server.stop()
            server.scratch.cleanup()
        watches, book = self.watches, self.book
        print(f"     {self.mode}: {self.loops} loops, {len(book.writes)} writes and {sum(book.deletions.values())} deletions acknowledged, "
              f"{sum(w.events for w in watches)} events, {sum(w.resumes for w in watches)} watches, {sum(len(w.blind) for w in watches) - len(watches)} "
              f"lists again, revision {book.newest}, {dict(book.counts)}")
        self.checks.check(f"kill -9, {self.mode}, {self.loops} loops: history holds", not book.problems, "\n     ".join(book.problems[:20]))
        self.checks.check(f"kill -9, {self.mode}: there was something to lose", len(book.writes) > 5 * self.loops, len(book.writes))

    # One loop

    def loop(self, server, number):
        rng, stop = self.random, threading.Event()
        if self.mode == "startup" and number:
            self.stillborn(server)
        if number:
            self.verify(server, f"in loop {number}")
        writers = [Writer(server.url, self.book, n, f"{self.seed} {self.mode} {number} {n}", stop) for n in range(6)]
        readers = [watch.thread(server.url) for watch in self.watches]
        for thread in readers:
            thread.start()
        self.await_lists(readers)
        for thread in writers:
            thread.start()
        if self.mode == "compaction":
            time.sleep(1 + 3 * rng.random())
        elif self.mode == "vacuum":
            self.churn(server, rng)
        elif self.mode == "lists":
            self.page_through(server, rng)
        else:
            time.sleep(0.02 + rng.choice([0.05, 0.3, 0.8, 1.5]) * rng.random() * 2)
        server.kill()
        stop.set()
        for thread in writers + readers:
            thread.join(30)
            if thread.is_alive():
                self.book.problem("a client hangs after the kill")
        server.start()

    def await_lists(self, readers):
        """What is created and deleted before a watcher's first list is in no event, so nobody writes until it is answered."""
        until = time.monotonic() + 20
        while any(watch.resume is None and reader.is_alive() for watch, reader in zip(self.watches, readers)):
            if time.monotonic() > until:
                self.book.problem("a watcher's first list is not answered")
                return
            time.sleep(0.002)

    def stillborn(self, server):
        """Starts that are killed before they are ready."""
        server.kill()
        for _ in range(self.random.randrange(1, 5)):
            process = subprocess.Popen([self.binary, "serve", "--listen", "127.0.0.1:0", "--data", server.data, *server.flags],
                                       stdout=subprocess.DEVNULL, stderr=server.log)
            time.sleep(self.random.choice([0.005, 0.02, 0.05, 0.1, 0.2, 0.4]) * 2 * self.random.random())
            process.kill()
            process.wait()
            if process.returncode != -9:
                self.book.problem("a start ended by itself with", process.returncode)
        server.start()

    def churn(self, server, rng):
        """Creates and deletes megabytes, so that the server is killed while it gives pages back."""
        try:
            fill(server.url, 900, 3000)
            Connection(server.url).request("DELETE", PATHS["cm"] + "?labelSelector=n")
            time.sleep(2.5 + 2.5 * rng.random())
        except OSError as error:
            self.book.problem("while filling:", repr(error))

    def page_through(self, server, rng):
        """A paged list, begun before the kill and finished after it, shows the state at its revision."""
        connection = Connection(server.url)
        if self.pages:
            wanted, revision, token, found = self.pages
            while token:
                token = self.page(connection, revision, token, found)
            if token is None:
                return
            if found != wanted:
                differing = sorted(set(found) ^ set(wanted))[:4]
                self.book.problem(f"a list in pages over a restart differs: {len(found)} of {len(wanted)}", differing)
        status, whole = connection.json("GET", PATHS["cm"])
        if status != 200:
            self.book.problem("list:", status)
            return
        wanted = [(thing["metadata"]["name"], revision_of(thing)) for thing in whole["items"]]
        revision, found = revision_of(whole), []
        token = self.page(connection, None, "", found, exact=revision)
        for _ in range(rng.randrange(0, 4)):
            if token:
                time.sleep(0.1 * rng.random())
                token = self.page(connection, revision, token, found)
        self.pages = (wanted, revision, token, found) if token else None
        time.sleep(0.2 * rng.random())

    def page(self, connection, revision, token, found, exact=None):
        """The next continue token, "" at the end, None after a problem."""
        path = f"{PATHS['cm']}?limit=97" + (f"&continue={token}" if token else f"&resourceVersion={exact}&resourceVersionMatch=Exact")
        status, page = connection.json("GET", path)
        if status != 200 or revision is not None and revision_of(page) != revision:
            self.book.problem("a page:", status, page.get("message") or page["metadata"], "wanted revision", revision)
            return None
        found += [(thing["metadata"]["name"], revision_of(thing)) for thing in page["items"]]
        return page["metadata"].get("continue", "")

    # Judgement

    def verify(self, server, when):
        """Acknowledged writes are there, writes in doubt wholly or not at all; the claims match the Services."""
        book, connection = self.book, Connection(server.url)
        for _ in range(500):
            services = connection.json("GET", f"{PATHS['svc']}?{LABEL}")[1]["items"]
            if not any("deletionTimestamp" in thing["metadata"] for thing in services):
                break
            time.sleep(0.02)
        else:
            book.problem("Services stay in deletion", when)
        listed = connection.json("GET", f"{PATHS['cm']}?{LABEL}")[1]
        if revision_of(listed) < book.newest:
            book.problem("revisions went back:", book.newest, "to", revision_of(listed), when)
        found = {("cm", thing["metadata"]["name"]): thing for thing in listed["items"]}
        found.update({("svc", thing["metadata"]["name"]): thing for thing in services})
        for key in set(book.state) | set(book.doubt) | set(found):
            thing, known = found.get(key), book.state.get(key)
            have, allowed = thing and mark_of(thing), [known and known[0]]
            if key in book.doubt:
                allowed.append(book.doubt[key])
            if have not in allowed:
                book.problem(f"{key} is {have}, should be one of {allowed}", when)
            if thing and key[0] == "cm" and not thing["data"]["a"] == thing["data"]["b"] == have:
                book.problem(f"{key} is half of a write:", thing["data"]["a"], thing["data"]["b"], have, when)
            if thing and key[0] == "cm" and known and key not in book.doubt and revision_of(thing) != known[1]:
                book.problem(f"{key} has revision {revision_of(thing)}, was answered {known[1]}", when)
            if thing:
                book.state[key] = (have, revision_of(thing))
            else:
                book.state.pop(key, None)
        book.doubt.clear()
        differences = books(server.url)
        if differences:
            book.problem("addresses and ports:", differences[:4], when)

    def catch_up(self, server):
        """Every watcher, once resumed, arrives at what a list shows, and has seen each acknowledged write once."""
        for watch in self.watches:
            watch.thread(server.url).start()
        connection = Connection(server.url)
        kinds = {self.watches[0]: "cm", self.watches[1]: "svc"}
        for watch in self.watches[:4]:
            # Objects created and deleted since the kill are in no list: wait for their deletions as well.
            deletions = self.book.deletions[kinds[watch]] if watch in kinds and len(watch.blind) == 1 else 0
            until = time.monotonic() + 20
            while True:
                listed = connection.json("GET", f"{watch.path}?{watch.query}")[1]["items"]
                wanted = {(t["metadata"].get("namespace"), t["metadata"]["name"]): (revision_of(t), mark_of(t)) for t in listed}
                have = dict(watch.objects)
                if have == wanted and watch.deleted >= deletions or time.monotonic() > until:
                    break
                time.sleep(0.1)
            if have != wanted:
                differing = [key for key in set(have) | set(wanted) if have.get(key) != wanted.get(key)]
                watch.problem(f"differs from the list in {len(differing)}:", [(k, have.get(k), wanted.get(k)) for k in differing[:3]])
        for kind, watch in (("cm", self.watches[0]), ("svc", self.watches[1])):
            for sort, name, revision in self.book.writes:
                if sort == kind and watch.seen[(name, revision)] != 1 and not watch.was_blind(revision):
                    watch.problem(f"an acknowledged write was seen {watch.seen[(name, revision)]} times:", name, revision)
            if len(watch.blind) == 1 and watch.deleted < self.book.deletions[kind]:
                watch.problem(f"{watch.deleted} deletions seen, {self.book.deletions[kind]} acknowledged")

    def file(self, server):
        """The file is intact, as judged by SQLite and, if available, by `fairlead check`."""
        with sqlite3.connect(server.data) as database:
            whole = database.execute("PRAGMA integrity_check").fetchone()[0]
            compacted = database.execute("SELECT compacted_revision FROM state").fetchone()[0]
        if whole != "ok":
            self.book.problem("integrity_check:", whole)
        if self.mode in ("compaction", "vacuum") and compacted == 0:
            self.book.problem("nothing was compacted: the mode has tried nothing")
        if "check " in subprocess.run([self.binary, "--help"], capture_output=True, text=True).stdout:
            outcome = subprocess.run([self.binary, "check", "--data", server.data], capture_output=True, text=True, timeout=120)
            if outcome.returncode != 0:
                self.book.problem("fairlead check:", outcome.returncode, (outcome.stdout + outcome.stderr)[-500:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--loops", type=int, default=10)
    parser.add_argument("--mode", choices=list(MODES))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    args = parser.parse_args()
    print(f"     seed {args.seed}")
    checks = Checks()
    for mode in [args.mode] if args.mode else MODES:
        loops = args.loops if args.mode else sum(1 for n in range(args.loops) if SHARES[n % len(SHARES)] == mode)
        if loops:
            Kill(checks, args.binary, mode, loops, args.seed).run()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

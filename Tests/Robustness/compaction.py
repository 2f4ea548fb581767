#!/usr/bin/env python3
"""Old history is removed and the file shrinks, while the server works and across restarts. Needs a release build: the
bug this is about (a statement's handle that outlived it) does not show in a debug build.

    compaction.py --binary .build/release/fairlead [--objects 1500] [--size 4000]
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import sqlite3
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

COLLECTION = "/api/v1/namespaces/default/configmaps"
FLAGS = ["--bare", "--dns-listen", "none", "--history-age", "1", "--compaction-interval", "1"]
WRITERS = 8


def call(url, method, path, body=None, timeout=60):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def fill(url, objects, size, label):
    def write(number):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        for index in range(number, objects, WRITERS):
            body = {"metadata": {"name": f"{label}-{index}"}, "data": {"a": "x" * size}}
            connection.request("POST", COLLECTION, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise RuntimeError(f"create: {answer.status}")

    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))


def size_on_disk(server):
    return sum(os.path.getsize(server.data + suffix) for suffix in ("", "-wal")
               if os.path.exists(server.data + suffix))


def wait_for_shrinking(server, limit, seconds):
    """Waits until the file is smaller than `limit`; a write now and then gives compaction something to do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        if size_on_disk(server) <= limit:
            return True
        try:
            call(server.url, "PUT", f"{COLLECTION}/kept", {"metadata": {"name": "kept"},
                                                           "data": {"time": str(time.monotonic())}})
        except OSError:
            return False
        time.sleep(0.25)
    return False


def compacted(data):
    """What the file itself records, once no server has it open."""
    with sqlite3.connect(data) as database:
        revision, version = database.execute("SELECT compacted_revision, compacted_version FROM state").fetchone()
        whole = database.execute("PRAGMA integrity_check").fetchone()[0]
        free, pages = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    return revision, version, whole, free, pages


def in_memory(checks, args):
    """The same without a file: pages are freed in the same way, with no file to shrink."""
    with Fairlead(args.binary, *FLAGS) as server:
        server.stop()
        server.data = ":memory:"
        server.start()
        call(server.url, "POST", COLLECTION, {"metadata": {"name": "kept"}, "data": {"time": "0"}})
        fill(server.url, args.objects, args.size, "memory")
        call(server.url, "DELETE", COLLECTION + "?fieldSelector=metadata.name!=kept")
        # One pass per second, with several slices each.
        wait_for_shrinking(server, -1, 6)
        checks.check("in memory: the server lives through compaction and vacuum", server.process.poll() is None,
                     f"exit status {server.process.poll()}: {open(server.log.name).read()[-400:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--objects", type=int, default=1500)
    parser.add_argument("--size", type=int, default=4000)
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, *FLAGS) as server:
        call(server.url, "POST", COLLECTION, {"metadata": {"name": "kept"}, "data": {"time": "0"}})
        revisions = []
        for number in range(3):
            fill(server.url, args.objects, args.size, f"round-{number}")
            full = size_on_disk(server)
            status, _ = call(server.url, "DELETE", COLLECTION + "?fieldSelector=metadata.name!=kept")
            checks.check(f"round {number + 1}: everything is deleted", status == 200, status)
            # The size after compaction includes free pages, and a WAL of at most a few hundred pages.
            wanted = max(4 << 20, full // 2)
            shrunk = wait_for_shrinking(server, wanted, 60)
            alive = server.process.poll() is None
            checks.check(f"round {number + 1}: the server lives through compaction and vacuum", alive,
                         f"exit status {server.process.poll()}: {open(server.log.name).read()[-400:]}")
            checks.check(f"round {number + 1}: the file shrinks", shrunk, f"{full} to {size_on_disk(server)} bytes")
            if alive:
                status, kept = call(server.url, "GET", f"{COLLECTION}/kept")
                checks.check(f"round {number + 1}: what was kept is there", status == 200 and "data" in kept, status)
            # Alternately: like a power cut, and like an operator.
            if alive:
                server.kill() if number % 2 == 0 else server.stop()
            server.start()
            status, listed = call(server.url, "GET", COLLECTION)
            names = [item["metadata"]["name"] for item in listed["items"]]
            checks.check(f"round {number + 1}: the next start has the same", status == 200 and "kept" in names
                         and not any(name.startswith("round") for name in names), names[:5])
            revisions.append(int(listed["metadata"]["resourceVersion"]))
        checks.check("revisions go on over restarts", revisions == sorted(set(revisions)), revisions)
        server.stop()
        revision, version, whole, free, pages = compacted(server.data)
        print(f"compacted through revision {revision}, version {version}; {free} of {pages} pages free")
        checks.check("history was forgotten", revision > args.objects and version > args.objects, (revision, version))
        checks.check("the file is whole", whole == "ok", whole)
    in_memory(checks, args)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

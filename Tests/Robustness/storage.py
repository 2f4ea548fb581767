#!/usr/bin/env python3
"""What is on the disk, and how much: who may read it, what remains of deleted Secrets, a file that is removed while it
is open, a second server on the same file, full disks and full databases, objects that are too large, Events that
expire, memory after a burst.

    storage.py --binary .build/release/fairlead [--objects 20000]
"""
import argparse
import base64
import concurrent.futures
import http.client
import json
import os
import stat
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

BASE = "/api/v1/namespaces/default/"
BARE = ["--bare", "--dns-listen", "none"]
SHORT = ["--history-age", "1", "--compaction-interval", "1"]
LIMIT = 1536 * 1024
JSON = "application/json"


def call(server, method, path, body=None, kind=JSON):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
        answer = connection.getresponse()
        text = answer.read()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text.decode()
    finally:
        connection.close()


def put(server, name, size=10, resource="configmaps", field="data"):
    return call(server, "POST", BASE + resource, {"metadata": {"name": name}, field: {"a": "x" * size}})


def wait(condition, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.2)
    return condition()


def log_of(server):
    with open(server.log.name) as log:
        return log.read()


def ready(server):
    return call(server, "GET", "/readyz?verbose")


def files_below(folder):
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


def rights_and_traces(checks, args):
    secret = "hunter2-hunter2"
    encoded = base64.b64encode(secret.encode()).decode()
    for mask in (0o022, 0o000):
        with Fairlead(args.binary, *BARE, *SHORT) as server:
            server.stop()
            server.data = os.path.join(server.scratch.name, "new", "deeper", "f.db")
            server.preexec = lambda: os.umask(mask)
            server.start()
            call(server, "POST", BASE + "secrets", {"metadata": {"name": "s"}, "data": {"p": encoded}})
            folder = os.path.dirname(server.data)
            files = {path: stat.S_IMODE(os.stat(path).st_mode) for path in files_below(folder)}
            checks.check(f"umask {mask:o}: files are the owner's alone", set(files.values()) == {0o600}, files)
            keys = stat.S_IMODE(os.stat(os.path.join(folder, "f.pki")).st_mode)
            checks.check(f"umask {mask:o}: and so is the folder of keys", keys == 0o700, oct(keys))
            folders = [stat.S_IMODE(os.stat(path).st_mode) for path in (folder, os.path.dirname(folder))]
            checks.check(f"umask {mask:o}: new folders too", folders == [0o700, 0o700], folders)

            def holds():
                needles = (secret.encode(), encoded.encode())
                contents = [open(path, "rb").read() for path in files_below(folder)]
                return any(needle in content for needle in needles for content in contents)

            checks.check(f"umask {mask:o}: a Secret is in the file", holds())
            call(server, "DELETE", BASE + "secrets/s")
            server.stop()
            checks.check(f"umask {mask:o}: a deleted Secret is in no file when the server has stopped", not holds())
            server.start()
            call(server, "POST", BASE + "secrets", {"metadata": {"name": "s"}, "data": {"p": encoded}})
            call(server, "DELETE", BASE + "secrets/s")
            # Until its history is old; the WAL is truncated from time to time, and at the end.
            gone = wait(lambda: put(server, f"c{time.monotonic_ns()}")[0] == 201 and not holds(), 40)
            checks.check(f"umask {mask:o}: a deleted Secret is in no file once its history is old", gone)
            os.chmod(server.data, 0o644)
            server.stop()
            server.start()
            mode = stat.S_IMODE(os.stat(server.data).st_mode)
            checks.check(f"umask {mask:o}: a file open to all is closed at the next start", mode == 0o600, oct(mode))


def file_goes_away(checks, args):
    for name in ("f.db", "f.db-wal"):
        with Fairlead(args.binary, *BARE, *SHORT) as server:
            server.stop()
            server.data = os.path.join(server.scratch.name, "f.db")
            server.start()
            put(server, "kept")
            path = os.path.join(server.scratch.name, name)
            os.rename(path, path + ".aside")
            status, answer = put(server, "lost")
            checks.check(f"{name} is gone: writes are refused", status == 500 and name in str(answer), answer)
            status, page = ready(server)
            checks.check(f"{name} is gone: not ready, with the reason",
                         status == 500 and "[-]database-file failed: " in page, page)
            checks.check(f"{name} is gone: reads go on", call(server, "GET", BASE + "configmaps/kept")[0] == 200)
            checks.check(f"{name} is gone: live all the same", call(server, "GET", "/livez")[0] == 200)
            checks.check(f"{name} is gone: the log says so once", log_of(server).count("fault=file") == 1, log_of(server))
            os.rename(path + ".aside", path)
            status, _ = put(server, "later")
            checks.check(f"{name} is back: so are writes", status == 201 and ready(server)[0] == 200, ready(server))
            checks.check(f"{name} is back: the log says so", "works again" in log_of(server), log_of(server))
            server.stop()
            server.start()
            names = {item["metadata"]["name"] for item in call(server, "GET", BASE + "configmaps")[1]["items"]}
            checks.check(f"{name} is back: nothing is lost", {"kept", "later"} <= names and "lost" not in names, names)


def second_server(checks, args):
    with Fairlead(args.binary, *BARE) as server:
        put(server, "first")
        folder = os.path.dirname(server.data)
        os.symlink(server.data, os.path.join(folder, "soft.db"))
        os.link(server.data, os.path.join(folder, "hard.db"))
        for name in (os.path.basename(server.data), "soft.db", "hard.db"):
            result = subprocess.run([args.binary, "serve", "--listen", "127.0.0.1:0", *BARE, "--data",
                                     os.path.join(folder, name)], capture_output=True, text=True, timeout=60)
            checks.check(f"a second server on {name} is refused, with what to do",
                         result.returncode == 1 and "--data" in result.stderr, result.stderr)
        checks.check("the first one goes on", put(server, "second")[0] == 201)
        os.remove(os.path.join(folder, "hard.db"))
        os.remove(os.path.join(folder, "soft.db"))


def too_large(checks, args):
    with Fairlead(args.binary, *BARE) as server:
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "blobs.example.org"},
            "spec": {"group": "example.org", "scope": "Namespaced",
                     "names": {"plural": "blobs", "singular": "blob", "kind": "Blob", "listKind": "BlobList"},
                     "versions": [{"name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
                                   "schema": {"openAPIV3Schema": {
                                       "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
        call(server, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        blobs = "/apis/example.org/v1/namespaces/default/blobs"

        def blob(name, size):
            return {"apiVersion": "example.org/v1", "kind": "Blob", "metadata": {"name": name}, "blob": "x" * size}

        wait(lambda: call(server, "POST", blobs, blob("b", LIMIT - 4096))[0] == 201)
        larger = blob("b", LIMIT)
        larger["metadata"]["resourceVersion"] = call(server, "GET", blobs + "/b")[1]["metadata"]["resourceVersion"]
        path, more = blobs + "/b", {"more": "y" * 8192}
        tries = {
            "create": ("POST", blobs, blob("c", LIMIT), JSON),
            "update": ("PUT", path, larger, JSON),
            "merge patch": ("PATCH", path, more, "application/merge-patch+json"),
            "JSON patch": ("PATCH", path, [{"op": "add", "path": "/more", "value": more["more"]}],
                           "application/json-patch+json"),
            "JSON patch that copies": ("PATCH", path, [{"op": "copy", "from": "/blob", "path": "/copy"}],
                                       "application/json-patch+json"),
            "apply": ("PATCH", path + "?fieldManager=m&force=true",
                      {**blob("b", 0), **more, "blob": "x" * (LIMIT - 4096)}, "application/apply-patch+yaml"),
            "status": ("PATCH", path + "/status", {"status": more}, "application/merge-patch+json"),
        }
        for name, (method, where, body, kind) in tries.items():
            status, answer = call(server, method, where, body, kind)
            holds = status == 500 and answer.get("message") == "etcdserver: request is too large"
            checks.check(f"{name} beyond 1.5 MiB is refused in etcd's words", holds and "reason" not in answer,
                         f"{status} {str(answer)[:300]}")
        status, answer = call(server, "GET", path)
        checks.check("the object is what it was", len(json.dumps(answer)) < LIMIT and "more" not in answer)


def full_database(checks, args):
    with Fairlead(args.binary, *BARE, *SHORT, "--storage-quota", "4MiB") as server:
        count = 0
        while count < 2000:
            status, answer = put(server, f"c{count}", 10_000)
            if status != 201:
                break
            count += 1
        checks.check("at the quota a create is refused in etcd's words",
                     status == 500 and answer.get("message") == "etcdserver: mvcc: database space exceeded",
                     f"{count}: {status} {answer}")
        status, page = ready(server)
        checks.check("the alarm is shown", status == 500 and "[-]storage-quota failed: " in page, page)
        checks.check("reads go on", call(server, "GET", BASE + "configmaps?limit=1")[0] == 200)
        checks.check("the file has not grown beyond it", os.path.getsize(server.data) <= 5 << 20)
        status, _ = call(server, "DELETE", BASE + "configmaps?fieldSelector=metadata.name!=c0")
        checks.check("deletions are allowed", status == 200, status)
        checks.check("with room again the alarm is over", wait(lambda: ready(server)[0] == 200), ready(server))
        checks.check("and so are refusals", put(server, "later", 10_000)[0] == 201)
        log = log_of(server)
        checks.check("the log says each once", (log.count("does not work"), log.count("works again")) == (1, 1), log)


def full_disk(checks, args):
    """A file system of a few megabytes, if this user may mount one."""
    with Fairlead(args.binary, *BARE, *SHORT) as server:
        server.stop()
        small = os.path.join(server.scratch.name, "small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", small], capture_output=True).returncode:
            print("skip: a full disk, as nothing can be mounted here")
            return
        try:
            server.data = os.path.join(small, "f.db")
            server.start()
            count, refusals = 0, []
            while len(refusals) < 20 and count < 2000:
                status, answer = put(server, f"c{count}-{len(refusals)}", 4000)
                if status == 201:
                    count += 1
                else:
                    refusals.append(answer)
            checks.check("a full disk is said to whoever writes",
                         len(refusals) == 20 and "disk is full" in str(refusals[0]), refusals[:1])
            status, page = ready(server)
            checks.check("and in /readyz", status == 500 and "[-]storage-writable failed: " in page, page)
            lines = [line for line in log_of(server).splitlines() if "fault=commit" in line]
            checks.check("and in the log, not for each", 1 <= len(lines) <= 3, lines)
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            checks.check("with room again it is ready, though nobody wrote", wait(lambda: ready(server)[0] == 200, 15),
                         ready(server))
            checks.check("and writes", put(server, "later")[0] == 201)
            checks.check("and says so", "works again" in log_of(server), log_of(server))
        finally:
            server.stop()
            subprocess.run(["umount", small], check=False)


def events_expire(checks, args):
    with Fairlead(args.binary, *BARE, *SHORT, "--event-ttl", "4s") as server:
        event = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}, "reason": "R", "message": "m"}
        for name in ("e", "f"):
            status, answer = call(server, "POST", BASE + "events", {**event, "metadata": {"name": name}})
            checks.check(f"Event {name} is created", status == 201, answer)
        revision = call(server, "GET", BASE + "events")[1]["metadata"]["resourceVersion"]
        time.sleep(2.5)
        call(server, "PATCH", BASE + "events/f", {"message": "again"}, "application/merge-patch+json")
        server.stop()
        server.start()
        gone = wait(lambda: call(server, "GET", BASE + "events/e")[0] == 404, 8)
        status, answer = call(server, "GET", BASE + "events/f")
        checks.check("an Event goes when its time has come, over a restart too", gone)
        checks.check("one that was written again stays longer", status == 200, answer)
        checks.check("and goes then", wait(lambda: call(server, "GET", BASE + "events/f")[0] == 404, 10))
        frames = call(server, "GET", f"{BASE}events?watch=1&timeoutSeconds=1&resourceVersion={revision}")[1]
        checks.check("watchers that resume see deletions, or that they are too late",
                     "DELETED" in str(frames) or "too old" in str(frames), frames)


def resident(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def memory_after_a_burst(checks, args):
    with Fairlead(args.binary, "--dns-listen", "none", *SHORT) as server:
        # Warm-up, so that first-use allocations are not counted as the burst's.
        for number in range(200):
            put(server, f"warm{number}", 2000)
        call(server, "DELETE", BASE + "configmaps")
        time.sleep(5)
        before = resident(server)

        def write(part):
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
            for number in range(part, args.objects, 8):
                body = {"metadata": {"name": f"c{number}"}, "data": {"a": "x" * 2000}}
                connection.request("POST", BASE + "configmaps", json.dumps(body), {"Content-Type": JSON})
                connection.getresponse().read()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        call(server, "GET", BASE + "configmaps")
        high = resident(server)
        call(server, "DELETE", BASE + "configmaps")
        back = wait(lambda: resident(server) <= before * 1.5, 120)
        checks.check("memory returns to within half again of what it was", back,
                     f"{before} KiB, {high} at most, {resident(server)} two minutes after")
        print(f"     memory: {before} KiB before, {high} after {args.objects} objects, {resident(server)} at the end")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--objects", type=int, default=20000)
    parser.add_argument("--only", help="one of the parts, by its name")
    args = parser.parse_args()
    checks = Checks()
    parts = [rights_and_traces, file_goes_away, second_server, too_large, full_database, full_disk, events_expire,
             memory_after_a_burst]
    for part in parts:
        if args.only in (None, part.__name__):
            part(checks, args)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

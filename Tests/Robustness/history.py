"""Writers that remember every acknowledgement, and watchers that check every event. For kill.py."""
import collections
import json
import random
import threading
import time

from probes import Connection

NAMESPACE = "/api/v1/namespaces/default"
PATHS = {"cm": NAMESPACE + "/configmaps", "svc": NAMESPACE + "/services"}
KINDS = {"cm": "ConfigMap", "svc": "Service"}
MERGE, JSON_PATCH, APPLY = "application/merge-patch+json", "application/json-patch+json", "application/apply-patch+yaml"
LABEL = "labelSelector=t%3Dkill"


class Book:
    """The truth as clients know it: the last acknowledged state of each object, and what is in doubt."""

    def __init__(self):
        self.lock = threading.Lock()
        self.state = {}    # (kind, name) -> (mark, revision); no entry: the object does not exist
        self.doubt = {}    # (kind, name) -> the mark it may have instead; None: it may be deleted
        self.writes = []   # (kind, name, revision) of every acknowledged write that left an object
        self.deletions = collections.Counter()
        self.counts = collections.Counter()
        self.newest = 0
        self.problems = []
        self.serial = 0

    def problem(self, *words):
        with self.lock:
            if len(self.problems) < 100:
                self.problems.append(" ".join(map(str, words)))

    def saw(self, revision):
        with self.lock:
            self.newest = max(self.newest, revision)

    def mark(self):
        with self.lock:
            self.serial += 1
            return f"m{self.serial}"


def mark_of(thing):
    return (thing["metadata"].get("labels") or {}).get("mark")


def revision_of(thing):
    return int(thing["metadata"]["resourceVersion"])


class Writer(threading.Thread):
    """Writes to objects of its own, one request at a time, until the connection ends."""

    def __init__(self, url, book, number, seed, stop, keys=5):
        super().__init__(daemon=True)
        self.connection = Connection(url, timeout=20)
        self.book, self.number, self.stop, self.keys = book, number, stop, keys
        self.random = random.Random(seed)

    def run(self):
        try:
            while not self.stop.is_set():
                self.step()
        except OSError:
            pass  # killed during the request, whose outcome stays in doubt
        except Exception as error:
            self.book.problem("a writer broke off:", repr(error))

    def step(self):
        rng, book = self.random, self.book
        kind = rng.choice(["cm", "cm", "cm", "svc"])
        key = (kind, f"{kind}-{self.number}-{rng.randrange(self.keys)}")
        path, known, mark = f"{PATHS[kind]}/{key[1]}", book.state.get(key), book.mark()
        verb = "create" if known is None else rng.choice(["put", "merge", "json", "apply", "delete"])
        if kind == "svc" and verb == "put":
            verb = "merge"
        metadata = {"name": key[1], "labels": {"t": "kill", "mark": mark}}
        data = {"a": mark, "b": mark, "pad": mark * rng.choice([1, 10, 200])}
        spec = {"type": rng.choice(["ClusterIP", "NodePort", "LoadBalancer"])}
        with book.lock:
            book.doubt[key] = None if verb == "delete" else mark
        if verb in ("create", "put"):
            body = {"metadata": metadata, "data": data}
            if kind == "svc":
                body = {"metadata": metadata, "spec": {**spec, "ports": [{"name": "p", "port": 80}], "selector": {"x": key[1]}}}
            if verb == "put" and rng.random() < 0.5:
                metadata["resourceVersion"] = str(known[1])
            answer = self.connection.json("POST" if verb == "create" else "PUT", PATHS[kind] if verb == "create" else path, body)
        elif verb == "merge":
            body = {"metadata": {"labels": {"mark": mark}}, **({"data": {"a": mark, "b": mark}} if kind == "cm" else {"spec": spec})}
            answer = self.connection.json("PATCH", path, body, MERGE)
        elif verb == "json":
            body = [{"op": "replace", "path": "/metadata/labels/mark", "value": mark}]
            if kind == "cm":
                body += [{"op": "add", "path": "/data/a", "value": mark}, {"op": "add", "path": "/data/b", "value": mark}]
            answer = self.connection.json("PATCH", path, body, JSON_PATCH)
        elif verb == "apply":
            body = {"apiVersion": "v1", "kind": KINDS[kind], "metadata": metadata, **({"data": {"a": mark, "b": mark}} if kind == "cm" else {})}
            answer = self.connection.json("PATCH", path + "?fieldManager=kill&force=true", body, APPLY)
        else:
            answer = self.connection.json("DELETE", path, {"propagationPolicy": "Background"})
        self.note(kind, key, path, verb, mark, known, *answer)

    def note(self, kind, key, path, verb, mark, known, status, answer):
        book = self.book
        if status in (200, 201, 202):
            if verb == "delete":
                while kind == "svc" and self.connection.request("GET", path)[0] == 200:
                    time.sleep(0.005)  # its load balancer is cleaned up first
            else:
                revision = revision_of(answer)
                if mark_of(answer) != mark:
                    book.problem("an answer is not what was written:", key, mark_of(answer), "for", mark)
                if known and revision <= known[1]:
                    book.problem("a revision did not grow:", key, known, revision)
                book.saw(revision)
            with book.lock:
                book.counts[verb] += 1
                if verb == "delete":
                    del book.state[key]
                    book.deletions[kind] += 1
                else:
                    book.state[key] = (mark, revision)
                    book.writes.append((kind, key[1], revision))
        elif kind == "svc" and status in (409, 422, 500):
            with book.lock:
                book.counts["refused"] += 1  # the small ranges are full, or a controller was faster
        else:
            book.problem("an unexpected answer:", verb, key, status, answer)
        with book.lock:
            del book.doubt[key]


class Watch:
    """One watcher that resumes where it was, across restarts of the server."""

    def __init__(self, book, name, path, query=""):
        self.book, self.name, self.path, self.query = book, name, path, query
        self.resume = None     # where the next watch starts
        self.last = 0          # revision of the last event
        self.objects = {}      # existing objects by key: (revision, mark)
        self.seen = collections.Counter()
        self.deleted = 0
        self.blind = []        # (from, to): revisions missed because history was gone
        self.events = self.bookmarks = self.resumes = 0

    def thread(self, url):
        return threading.Thread(target=self.run, args=(url,), daemon=True)

    def problem(self, *words):
        self.book.problem(f"watch of {self.name}:", *words)

    def run(self, url):
        connection = Connection(url, timeout=30)
        try:
            while True:
                if self.resume is None:
                    self.list(connection)
                if not self.watch(connection):
                    return
        except OSError:
            return  # killed; resumed in the next round
        except Exception as error:
            self.problem("broke off:", repr(error))
        finally:
            connection.close()

    def list(self, connection):
        status, listed = connection.json("GET", f"{self.path}?{self.query}")
        if status != 200:
            raise ConnectionError(f"list: {status}")
        revision = revision_of(listed)
        self.blind.append((self.last, revision))
        self.resume = self.last = revision
        self.objects = {key_of(thing): (revision_of(thing), mark_of(thing)) for thing in listed["items"]}
        self.book.saw(revision)

    def watch(self, connection):
        """False if the server ended the watch for good, True if it may be requested again."""
        connection.open()
        self.resumes += 1
        connection.socket.sendall((f"GET {self.path}?watch=1&resourceVersion={self.resume}&allowWatchBookmarks=true&{self.query} HTTP/1.1\r\n"
                                   "Host: 127.0.0.1\r\n\r\n").encode())
        connection.socket.settimeout(None)
        status, _ = connection.head()
        if status != 200:
            self.problem("refused:", status)
            return False
        rest = b""
        for chunk in connection.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    if event["object"].get("code") != 410:
                        self.problem("an error:", event["object"])
                        return False
                    self.resume = None  # too old: history is short in some modes
                    connection.close()
                    return True
                self.take(event["type"], event["object"])
        return True

    def take(self, kind, thing):
        revision = revision_of(thing)
        self.book.saw(revision)
        if kind == "BOOKMARK":
            self.bookmarks += 1
            if revision < self.resume:
                self.problem("a bookmark went back:", self.resume, revision)
            self.resume = max(self.resume, revision)
            return
        key = key_of(thing)
        if revision <= self.last or revision <= self.resume:
            self.problem("doubled or out of order:", kind, key, revision, "after", self.last, "asked from", self.resume)
        if kind == "ADDED" and key in self.objects:
            self.problem("ADDED of what is there:", key, revision)
        if kind != "ADDED" and key not in self.objects:
            self.problem(kind, "of what is not there:", key, revision)
        if kind == "DELETED":
            self.objects.pop(key, None)
            self.deleted += 1
        else:
            self.objects[key] = (revision, mark_of(thing))
        self.resume = self.last = revision
        self.events += 1
        self.seen[(key[1], revision)] += 1

    def was_blind(self, revision):
        return any(low < revision <= high for low, high in self.blind)


def key_of(thing):
    return thing["metadata"].get("namespace"), thing["metadata"]["name"]

#!/usr/bin/env python3
"""Objects with extreme values in every field that is a number, quantity, time, percentage or duration.

    extremes.py --binary FILE [--seconds 30] [--chew 10] [--seed 1] [--workers 3] [--bound 0.25] [--save FILE]

Kinds and fields come from the server's own schemas (extreme_values.py), annotations from the sources. Every value is tried
in every field, by POST, PUT, each kind of patch, on status, scale and the other subresources, in query parameters and
DeleteOptions; some requests carry two or three extremes at once. The accepted objects are then left to the controllers
for --chew seconds, and the server is started again on the same file. It must never exit, never answer 500, and /livez
must never take longer than --bound (plus the machine's noise, which the canary measures). A crash is printed with the
requests that were under way and those accepted just before; the same seed sends the same requests.
"""
import argparse
import collections
import json
import os
import random
import re
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from extreme_values import INTEGERS, TEXTS, TIMES, Surface, annotations, values_of  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Canary, Connection  # noqa: E402

NAMESPACES = ["default", "limited"]  # quotas and limit ranges are in the second only
PATCHES = ["application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json",
           "application/apply-patch+yaml"]
LOG = ["tailLines", "limitBytes", "sinceSeconds", "sinceTime"]
LIST = ["limit", "timeoutSeconds", "resourceVersion", "continue", "timeout"]
# 500s that Kubernetes gives too: resourceVersions that are not numbers, values that do not fit into a typed patch.
GENUINE = re.compile(rb"resourceVersion should not be set|strconv.Parse|cannot be handled as a|failed to create typed patch object"
                     rb"|request is too large|failed to allocate requested HealthCheck|json: cannot unmarshal"
                     rb"|target.name: Required value|does not contain declared merge key|error in (remove|add) for path")
LIVES = 6  # crashes after which the test gives up
WORKLOADS = ["deployments", "replicasets", "statefulsets", "daemonsets", "replicationcontrollers", "jobs", "cronjobs"]


class Deck:
    """Every (target, field, value) once, in an order that depends on the seed; then again.

    The same field of the same type occurs in many kinds (a container's port in a dozen). One of each comes first, so
    that a short run has tried every value in every field somewhere.
    """

    def __init__(self, surface, rng):
        like = collections.defaultdict(list)
        for target in surface.targets:
            for field in target.fields:
                if target.subresource != "status" or field.steps[0] == "status" or rng.random() < 0.05:
                    for value in values_of(field.kind):
                        own = target.resource if "template" not in field.steps[:3] and field.steps[0] != "metadata" else None
                        like[(own, *map(str, field.steps[-3:]), str(value))].append((target, field, value))
        ranked = []
        for cards in like.values():
            rng.shuffle(cards)
            ranked += [(rank, rng.random(), card) for rank, card in enumerate(cards)]
        ranked.sort(key=lambda entry: entry[:2])
        self.cards, self.first = [card for _, _, card in ranked], len(like)
        self.rng, self.lock, self.at = rng, threading.Lock(), 0

    def deal(self):
        with self.lock:
            card = self.cards[self.at % len(self.cards)]
            self.at += 1
            return card, random.Random(self.rng.random())


class Extremes:
    def __init__(self, server, checks, args):
        self.server, self.checks, self.args = server, checks, args
        connection = Connection(server.url)
        self.surface = Surface(connection)
        self.annotations = annotations(os.path.join(HERE, "..", "..", "Sources"))
        self.deck = Deck(self.surface, random.Random(args.seed))
        self.names = {t.path: t for t in self.surface.targets if not t.named}
        self.deletion = list(self.surface.fields(self.surface.deletion))
        self.statuses, self.accepted = collections.Counter(), collections.Counter()
        self.under_way, self.recent = {}, collections.deque(maxlen=12)
        self.harm, self.deaths = [], []
        self.turn = threading.Lock()
        self.codec = self.protobuf()

    @staticmethod
    def protobuf():
        conformance = os.path.join(HERE, "..", "Conformance")
        sys.path.insert(0, conformance)
        import k8sproto
        return k8sproto.Codec(os.path.join(conformance, "api-facts.json"))

    # One request

    def send(self, connection, method, path, body=None, kind="application/json", peek=False):
        """The status, or 0 if there was none; records what is wrong with it."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        words = f"{method} {path} {kind} {data[:3000] if data else ''}"
        self.under_way[threading.get_ident()] = words
        status, text = 0, b""
        # A hundred thousand objects, such as Events, take a while to delete: until the server's own deadline.
        patience = 65 if method == "DELETE" else 20
        try:
            if peek:
                connection.close()
                connection.open()
                connection.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                status, head = connection.head()
                if b"chunked" not in head:
                    text = connection.file.read(2000)
                connection.close()
            else:
                status, text = connection.request(method, path, data, kind, timeout=patience)
        except TimeoutError:
            connection.close()
            self.harm.append(f"no answer within {patience} s: {words}")
        except (OSError, ValueError, IndexError):
            connection.close()
            self.see_whether_dead()
        self.statuses[status] += 1
        if status == 500 and not GENUINE.search(text):
            self.harm.append(f"500 to {words[:800]}\n       {text[:300]!r}")
        if status in (200, 201, 202) and method != "GET":
            self.recent.append(words)
        self.under_way.pop(threading.get_ident(), None)
        return status, text

    def see_whether_dead(self):
        for _ in range(60):  # a backtrace may take a moment
            if self.server.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
        with self.turn:
            if self.server.process.poll() is None:
                return  # another worker has handled it
            story = "\n       ".join(["under way:", *self.under_way.values(), "accepted before:", *list(self.recent)[-6:]])
            self.deaths.append(f"ended with {self.server.process.returncode}; {story}")
            self.recent.clear()
            with open(self.server.log.name, errors="replace") as log:
                self.deaths[-1] += "\n       its last words:\n       " + log.read()[-6000:].replace("\n", "\n       ")
            print("DIED " + "\n".join(line[:600] for line in self.deaths[-1].split("\n")), flush=True)
            self.save()
            if len(self.deaths) < LIVES:
                os.unlink(self.server.data)
                self.server.start()
                self.prepare(Connection(self.server.url))

    def save(self):
        if self.args.save:
            with open(self.args.save, "w") as file:
                file.write("\n".join(self.deaths + self.harm) + "\n")

    @property
    def over(self):
        return len(self.deaths) >= LIVES or len(self.harm) >= 40

    # What is sent

    def prepare(self, connection):
        for name in NAMESPACES:
            connection.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            connection.request("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        # Keeps what controllers create from extreme values within the limits of this machine.
        for name in NAMESPACES:
            connection.request("POST", f"/api/v1/namespaces/{name}/resourcequotas",
                               {"metadata": {"name": "keep"}, "spec": {"hard": {"count/pods": "400"}}})

    def namespace(self, target, rng):
        if target.resource in ("resourcequotas", "limitranges"):
            return "limited"
        return "limited" if rng.random() < 0.15 else "default"

    def extreme(self, target, field, value, rng, base):
        self.surface.put(base, field, value, rng)
        while rng.random() < 0.3:
            other = rng.choice(target.fields)
            self.surface.put(base, other, rng.choice(values_of(other.kind)), rng)
        if rng.random() < 0.15:
            notes = {rng.choice(self.annotations): str(rng.choice(TEXTS + INTEGERS[:12])) for _ in range(rng.choice([1, 1, 3]))}
            base.setdefault("metadata", {}).setdefault("annotations", {}).update(notes)
            template = base.get("spec", {}).get("template") if isinstance(base.get("spec"), dict) else None
            if isinstance(template, dict) and isinstance(template.get("metadata"), dict):
                template["metadata"]["annotations"] = notes
        return base

    def existing(self, connection, target, namespace):
        """The name of an object to change, created if necessary; None if that fails."""
        collection = self.names.get(target.path.split("/{name}")[0])
        if collection is None:
            return None
        path = collection.path.replace("{namespace}", namespace)
        base = collection.base(namespace)
        name = base["metadata"].setdefault("name", "changed")
        if target.resource == "nodes":
            name = "node-1"
        elif target.resource == "namespaces":
            name = base["metadata"]["name"] = "shortlived"
        status, _ = connection.request("POST", path, base)
        return name if status in (201, 409) else None

    def turn_of(self, connection, card, rng):
        target, field, value = card
        namespace = self.namespace(target, rng)
        path = target.path.replace("{namespace}", namespace)
        if not target.named:
            base = self.extreme(target, field, value, rng, target.base(namespace))
            metadata = base.get("metadata")
            if isinstance(metadata, dict) and "name" not in metadata:
                metadata["generateName"] = "x-"
            form = rng.random()
            kind, data = "application/json", base
            if form < 0.1:
                kind = "application/yaml"
            elif form < 0.25:
                try:
                    data = self.codec.encode(base, base.get("apiVersion") or "v1", base.get("kind"))
                    kind = "application/vnd.kubernetes.protobuf"
                except Exception:  # the value does not fit into the type's protobuf field: use JSON
                    data = base
            status, _ = self.send(connection, "POST", path, data, kind)
            self.count(connection, target, path, status)
            return
        name = self.existing(connection, target, namespace)
        if name is None:
            return
        path = path.replace("{name}", name)
        method = rng.choice(target.methods)
        if method != "PATCH":
            base = target.base(namespace)
            if method == "PUT":
                status, current = connection.json("GET", path)
                if status == 200:
                    base = current
                    if rng.random() < 0.5:
                        base["metadata"].pop("resourceVersion", None)
            base["metadata"].setdefault("name", name)
            self.send(connection, method, path, self.extreme(target, field, value, rng, base))
            return
        kind = rng.choice(PATCHES)
        if kind == PATCHES[0] or kind == PATCHES[2]:
            body = self.extreme(target, field, value, rng, {})
        else:
            body = self.extreme(target, field, value, rng, target.base(namespace))
            if kind == PATCHES[1]:
                first = field.steps[0]
                body = [{"op": "add", "path": f"/{first}", "value": body.get(first)}]
                if first == "metadata":
                    body[0]["value"].setdefault("name", name)
            else:
                body["metadata"]["name"] = name
                path += "?fieldManager=extremes&force=true"
        self.send(connection, "PATCH", path, body, kind)

    def count(self, connection, target, path, status):
        """Accepted objects stay for the controllers, up to a limit."""
        if status != 201:
            return
        self.accepted[target.resource] += 1
        if self.accepted[target.resource] % 300 == 0:
            self.send(connection, "DELETE", path + "?gracePeriodSeconds=0", {"propagationPolicy": "Background"})
            if target.resource in WORKLOADS:
                self.send(connection, "DELETE", "/api/v1/namespaces/default/pods?gracePeriodSeconds=0")

    def query(self, connection, rng):
        target = rng.choice(self.surface.queries)
        namespace = self.namespace(target, rng)
        method = rng.choice([m for m in target.parameters if m in ("GET", "DELETE")] or ["GET"])
        names = list(target.parameters.get(method, [])) + LIST + (LOG if target.subresource == "log" else [])
        path = target.path.replace("{namespace}", namespace).replace("{name}", "node-1" if target.resource == "nodes" else "changed")
        if method == "DELETE" and target.resource in ("nodes", "namespaces", "servicecidrs", "ipaddresses"):
            method = "GET"
        pairs = [(rng.choice(names), str(rng.choice(INTEGERS + TIMES + TEXTS[:9]))) for _ in range(rng.choice([1, 1, 2]))]
        watch = method == "GET" and not target.named and rng.random() < 0.4
        if watch:
            pairs.append(("watch", "1"))
        path += "?" + urllib.parse.urlencode(pairs)
        body = None
        if method == "DELETE":
            field = rng.choice(self.deletion)
            body = {}
            self.surface.put(body, field, rng.choice(values_of(field.kind)), rng)
        self.send(connection, method, path, body, peek=watch)

    def work(self, until, queries):
        connection, url = Connection(self.server.url, timeout=25), self.server.url
        numbers = random.Random(self.args.seed)
        while time.monotonic() < until and not self.over:
            if url != self.server.url:
                connection, url = Connection(self.server.url, timeout=25), self.server.url
            try:
                if queries:  # in a thread of their own: the server waits for a resourceVersion from the future
                    self.query(connection, numbers)
                else:
                    self.turn_of(connection, *self.deck.deal())
            except OSError:  # one of the preparing calls failed; see whether the server is still alive
                connection.close()
                self.see_whether_dead()

    # The whole run

    def bases(self, connection):
        bad = []
        for target in self.names.values():
            if "reviews" in target.resource or target.resource == "bindings":
                continue
            base = target.base("default")
            base["metadata"].setdefault("name", "x")
            status, answer = connection.json("POST", target.path.replace("{namespace}", "default") + "?dryRun=All", base)
            if status not in (201, 409):
                bad.append(f"{target.path}: {status} {answer.get('message')}")
        self.checks.check("every kind has a base that is accepted", not bad, bad)
        kinds = collections.Counter(field.kind for target in self.surface.targets for field in target.fields)
        self.checks.check("the schemas have fields of every sort", len(kinds) >= 5 and len(self.deck.cards) > 20_000, kinds)
        print(f"     {len(self.surface.targets)} targets, fields {dict(kinds)}, {len(self.deck.cards)} cards ({self.deck.first} different), {len(self.annotations)} annotations")

    def livez(self, window, what):
        print(f"     /livez {what}: {window}")
        self.checks.check(f"/livez answers at once {what}", window.within(self.args.bound), str(window))

    def run(self):
        connection = Connection(self.server.url)
        self.prepare(connection)
        self.bases(connection)
        began, until, round_number = time.monotonic(), time.monotonic() + self.args.seconds, 0
        while time.monotonic() < until and not self.over:  # a canary lives as long as its server
            url, deaths = self.server.url, len(self.deaths)
            with Canary(url, "/livez") as canary:
                canary.mark("sent")
                workers = [threading.Thread(target=self.work, args=(until, number == 0)) for number in range(self.args.workers + 1)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
                if not self.deaths:
                    canary.mark("chewed")
                    time.sleep(self.args.chew)
                    self.see_whether_dead_quietly()
                windows = canary.finish()
            if len(self.deaths) == deaths:
                self.livez(windows["sent"], "while extremes are sent")
            if not self.deaths:
                self.livez(windows["chewed"], "while controllers work on them")
            round_number += 1
        count = sum(self.statuses.values())
        print(f"     seed {self.args.seed}: {count} requests in {time.monotonic() - began:.0f} s, {self.deck.at} of {len(self.deck.cards)} cards, "
              f"{dict(sorted(self.statuses.items()))}")
        print(f"     accepted: {dict(self.accepted.most_common())}")
        self.checks.check("the server never ended", not self.deaths, f"{len(self.deaths)} deaths, told above")
        self.checks.check("every request had an answer, and none was 500 where Kubernetes gives none", not self.harm, "\n     ".join(self.harm[:12]))
        self.checks.check("many extremes are accepted, many refused", sum(self.accepted.values()) > count / 50 and self.statuses[422] > count / 50,
                          f"{sum(self.accepted.values())} accepted, {self.statuses[422]} refused of {count}")
        self.again()
        self.save()

    def see_whether_dead_quietly(self):
        if self.server.process.poll() is not None:
            self.see_whether_dead()

    def again(self):
        """The same file once more: the server must start, stay up and list everything."""
        self.server.stop()
        try:
            self.server.start()
        except RuntimeError as error:
            self.checks.check("starts again on what was stored", False, str(error)[-1500:])
            return
        connection, bad = Connection(self.server.url, timeout=60), []
        with Canary(self.server.url, "/livez") as canary:
            canary.mark("again")
            for target in self.names.values():
                try:
                    for accept in ("application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/vnd.kubernetes.protobuf"):
                        status, text = connection.request("GET", target.path.replace("{namespace}", "default"), headers=[("Accept", accept)])
                        if status not in (200, 404, 405, 406):  # 406: CRDs have no protobuf form
                            bad.append(f"{target.path} as {accept}: {status} {text[:200]!r}")
                except OSError as error:
                    bad.append(f"{target.path}: {error!r}")
                if self.server.process.poll() is not None:
                    break
            time.sleep(min(10, self.args.chew))
            window = canary.finish()["again"]
        code = self.server.process.poll()
        self.checks.check("after a start on the same file it stays", code is None, f"ended with {code}")
        self.checks.check("and lists everything", not bad, bad[:5])
        self.livez(window, "after the restart")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--chew", type=float, default=10, help="seconds that controllers get at the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--bound", type=float, default=0.25, help="seconds that /livez may take")
    parser.add_argument("--save", help="a file for the requests that did harm")
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, "--dns-listen", "none") as server:
        Extremes(server, checks, args).run()
        return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

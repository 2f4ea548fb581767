#!/usr/bin/env python3
"""Compares the result of patches on the server with the result that kubectl computes itself.

    merges.py --binary .build/debug/fairlead [--rounds 12] [--seed N]

`kubectl patch --local` applies a patch with kubectl's own code; the server must produce the same object. The patches
are generated (strategic merges with directives, merge patches, JSON patches), or are the three-way diffs that `kubectl
apply` sends when one random manifest replaces another.
"""
import argparse
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

TYPES = {"strategic": "application/strategic-merge-patch+json", "merge": "application/merge-patch+json",
         "json": "application/json-patch+json"}


class Manifests:
    """Random manifests of a Deployment and a Service that the API accepts."""

    def __init__(self, numbers):
        self.r = numbers

    def some(self, candidates):
        return self.r.sample(candidates, self.r.randrange(len(candidates) + 1))

    def labels(self):
        return {key: self.r.choice("xyz") for key in self.some(["a", "b", "c"])}

    def container(self, name):
        r = self.r
        made = {"name": name, "image": "image:" + r.choice("123")}
        made["env"] = [{"name": n, "value": r.choice("xyz")} for n in self.some(["A", "B", "C", "D"])]
        made["ports"] = [{"containerPort": p, "name": f"p{p}"} for p in self.some([80, 81, 82])]
        made["args"] = self.some(["x", "y", "z"])
        made["volumeMounts"] = [{"name": "v", "mountPath": p} for p in self.some(["/a", "/b", "/c"])]
        if r.random() < 0.5:
            made["resources"] = {"limits": {k: r.choice(["1", "2"]) for k in self.some(["cpu", "memory"])}}
        return {k: v for k, v in made.items() if v}

    def deployment(self, name):
        r = self.r
        spec = {"containers": [self.container(n) for n in r.sample(["a", "b", "c"], r.randrange(1, 4))],
                "volumes": [{"name": "v", **r.choice([{"emptyDir": {}}, {"configMap": {"name": "m"}}])}]}
        if r.random() < 0.5:
            spec["tolerations"] = [{"key": k, "operator": "Exists"} for k in self.some(["k", "l", "m"])]
        if r.random() < 0.4:
            spec["nodeSelector"] = self.labels()
        if r.random() < 0.4:
            spec["imagePullSecrets"] = [{"name": n} for n in self.some(["s", "t", "u"])]
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"}, "spec": {
            "replicas": r.randrange(4), "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name, **self.labels()}}, "spec": spec}}}
        if r.random() < 0.5:
            made["spec"]["strategy"] = r.choice([
                {"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": r.choice([1, "50%"])}}])
        if r.random() < 0.5:
            made["metadata"]["annotations"] = self.labels()
        return made

    def service(self, name):
        r = self.r
        ports = [{"name": f"p{p}", "port": p, "protocol": r.choice(["TCP", "TCP", "UDP"])} for p in r.sample([80, 81, 82, 83], r.randrange(1, 5))]
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default", "labels": self.labels()},
                "spec": {"selector": {"app": "x", **self.labels()}, "ports": ports}}

    def strategic(self, live):
        """A patch of a Deployment with strategic merge directives."""
        r = self.r
        names = [c["name"] for c in live["spec"]["template"]["spec"]["containers"]]
        containers = []
        for name in names + (["new"] if r.random() < 0.3 else []):
            choice = r.random()
            if choice < 0.2 and len(names) > 1:
                containers.append({"name": name, "$patch": "delete"})
                names.remove(name) if name in names else None
            elif choice < 0.3:
                containers.append({"$patch": "replace", "name": name, "image": "replaced"})
            elif choice < 0.8:
                part = self.container(name)
                if r.random() < 0.3:
                    part["env"] = [{"name": "A", "$patch": "delete"}, {"name": "Z", "value": "1"}]
                if r.random() < 0.2:
                    part["env"] = [{"$patch": "replace"}, {"name": "Y", "value": "1"}]
                if r.random() < 0.2:
                    part["args"] = None
                containers.append(part)
        spec = {"containers": containers} if containers else {}
        if r.random() < 0.3:
            spec["$setElementOrder/containers"] = [{"name": n} for n in r.sample(names, len(names))]
        if r.random() < 0.3:
            spec["volumes"] = [{"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {"sizeLimit": "1Gi"}}]
        if r.random() < 0.3:
            spec["tolerations"] = [{"key": "only", "operator": "Exists"}]
        if r.random() < 0.2:
            spec["nodeSelector"] = {"$patch": "replace", "n": "1"}
        patch = {"spec": {"template": {"spec": spec}}}
        if r.random() < 0.4:
            patch["metadata"] = r.choice([
                {"finalizers": ["example.com/x"]}, {"$deleteFromPrimitiveList/finalizers": ["example.com/x"]},
                {"annotations": {"a": None, "n": "1"}}, {"labels": {"$patch": "replace", "only": "this"}}])
        if r.random() < 0.2:
            patch["spec"]["strategy"] = {"$retainKeys": ["type"], "type": "Recreate"}
        return patch

    def merge(self, live):
        r = self.r
        return r.choice([{"spec": {"replicas": 7}}, {"metadata": {"labels": {"l": "1"}, "annotations": None}},
                         {"spec": {"template": {"spec": {"containers": [self.container("only")]}}}},
                         {"spec": {"template": {"metadata": {"annotations": {"x": "y"}}}}, "nothing": None}])

    def json(self, live):
        r, at = self.r, "/spec/template/spec/containers"
        return r.sample([{"op": "add", "path": at + "/-", "value": self.container("added")},
                         {"op": "add", "path": at + "/0", "value": self.container("first")},
                         {"op": "replace", "path": at + "/0/image", "value": "other"},
                         {"op": "copy", "from": "/spec/selector/matchLabels", "path": "/metadata/labels"},
                         {"op": "test", "path": at + "/0/name", "value": live["spec"]["template"]["spec"]["containers"][0]["name"]},
                         {"op": "replace", "path": "/spec/replicas", "value": 5}][:r.randrange(1, 7)], 1)


class Merges(Checks):
    def __init__(self, server, rounds, seed):
        super().__init__()
        self.server, self.rounds = server, rounds
        self.numbers = random.Random(seed)
        self.manifests = Manifests(self.numbers)

    def kubectl(self, *arguments, stdin=None):
        home = self.server.scratch.name
        return subprocess.run(
            ["kubectl", "--server", self.server.url, *arguments], input=stdin, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.path.join(home, "none")})

    def request(self, method, path, body=None, kind="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + path, data, {"Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    @staticmethod
    def path(manifest, name=True):
        group = "/apis/apps/v1" if manifest["kind"] == "Deployment" else "/api/v1"
        kind = manifest["kind"].lower() + "s"
        return f"{group}/namespaces/default/{kind}" + ("/" + manifest["metadata"]["name"] if name else "")

    def local(self, live, patch, kind):
        """The result that kubectl computes by itself; None if it refuses."""
        file = os.path.join(self.server.scratch.name, "live.json")
        with open(file, "w") as out:
            json.dump(live, out)
        done = self.kubectl("patch", "--local", "-f", file, "--type", kind, "-p", json.dumps(patch), "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    @staticmethod
    def wishes(found):
        """The fields that a patch decides, without those the server adds. An empty list or map counts as absent."""
        def bare(value):
            if isinstance(value, dict):
                made = {k: bare(v) for k, v in value.items()}
                return {k: v for k, v in made.items() if v not in ({}, [], None)}
            return [bare(v) for v in value] if isinstance(value, list) else value
        found = copy.deepcopy(found)
        found.pop("status", None)
        for key in ("managedFields", "resourceVersion", "generation"):
            found["metadata"].pop(key, None)
        # The controller may write this annotation at any time.
        (found["metadata"].get("annotations") or {}).pop("deployment.kubernetes.io/revision", None)
        return bare(found)

    def defaulted(self, wanted):
        """What the server would store for this object in a PUT: kubectl does not default fields that a patch adds."""
        body = copy.deepcopy(wanted)
        body["metadata"].pop("resourceVersion", None)
        code, found = self.request("PUT", self.path(wanted) + "?dryRun=All", body)
        return (code, found)

    def made_up(self):
        for index in range(self.rounds):
            name = f"d{index}"
            code, live = self.request("POST", self.path(self.manifests.deployment(name), name=False), self.manifests.deployment(name))
            if not self.check(f"round {index}: create", code == 201, live):
                continue
            for kind in ("strategic", "merge", "json"):
                patch = getattr(self.manifests, kind)(live)
                wanted = self.local(live, patch, kind)
                code, got = self.request("PATCH", self.path(live) + "?dryRun=All", patch, TYPES[kind])
                if wanted is None:
                    self.check(f"round {index}: {kind}: both refuse", code >= 400, f"{json.dumps(patch)}: {got}")
                    continue
                expected_code, expected = self.defaulted(wanted)
                same = code == expected_code and (code != 200 or self.wishes(got) == self.wishes(expected))
                self.check(f"round {index}: {kind} patch", same, f"{code} {expected_code} {json.dumps(patch)}\n"
                           f"     live {json.dumps(live['spec'])}\n     got {json.dumps(got)}\n     kubectl {json.dumps(expected)}")

    def applied(self):
        """kubectl apply of several manifests in turn: the server merges as kubectl does; the result is the manifest."""
        for index in range(self.rounds):
            make = self.manifests.deployment if index % 2 == 0 else self.manifests.service
            first, second = make(f"a{index}"), make(f"a{index}")
            done = self.kubectl("apply", "-f", "-", stdin=json.dumps(first))
            if not self.check(f"round {index}: apply", done.returncode == 0, done.stdout + done.stderr):
                continue
            _, live = self.request("GET", self.path(first))
            done = self.kubectl("apply", "-v=9", "-f", "-", stdin=json.dumps(second))
            _, got = self.request("GET", self.path(first))
            if not self.check(f"round {index}: apply the second", done.returncode == 0, done.stdout + done.stderr[-2000:]):
                continue
            # Bodies are logged as quoted strings, and truncated if they are long.
            texts = re.findall(r'"Request Body" body=("(?:[^"\\]|\\.)*")$', done.stderr, re.M)
            sent = [json.loads(json.loads(text)) for text in texts if text.startswith('"{') and "[truncated" not in text]
            if sent:
                wanted = self.local(live, sent[-1], "strategic")
                same = wanted is not None and self.wishes(self.defaulted(wanted)[1])["spec"] == self.wishes(got)["spec"]
                self.check(f"round {index}: the three-way patch", same, f"{json.dumps(sent[-1])}\n     got {json.dumps(got)}\n     kubectl {json.dumps(wanted)}")
            fresh = copy.deepcopy(second)
            fresh["metadata"]["name"] = f"f{index}"
            _, made = self.request("POST", self.path(fresh, name=False) + "?dryRun=All", fresh)
            left, right = self.wishes(got)["spec"], self.wishes(made).get("spec")
            for spec in (left, right or {}):
                for key in ("clusterIP", "clusterIPs"):
                    spec.pop(key, None)
            self.check(f"round {index}: the outcome is the second manifest", left == right,
                       f"{json.dumps(first)}\n     {json.dumps(second)}\n     got {json.dumps(left)}\n     wanted {json.dumps(right)}")
            done = self.kubectl("diff", "-f", "-", stdin=json.dumps(second))
            self.check(f"round {index}: kubectl diff sees no difference", done.returncode == 0, done.stdout + done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if shutil.which("kubectl") is None:
        print("SKIPPED the comparison of merges with kubectl: no kubectl on this machine")
        print("0 passed, 0 failed")
        return 0
    with Fairlead(args.binary, "--bare") as server:
        test = Merges(server, args.rounds, args.seed)
        test.made_up()
        test.applied()
        return test.finish()


if __name__ == "__main__":
    sys.exit(main())

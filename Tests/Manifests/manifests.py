#!/usr/bin/env python3
"""Applies the manifests beside it with a real kubectl, as people and pipelines do.

    manifests.py --binary .build/debug/fairlead [--only TEXT]

Each is applied by the client and again (`unchanged`), compared (`kubectl diff` finds nothing), deleted (nothing is
left); then the same by server-side apply. Documents of kinds that the server does not serve are left out and named at
the end.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

# A comment in manifests about which kubectl itself says "configured" each time, with the reason: it compares what is
# written with what is stored.
ALWAYS_CONFIGURED = re.compile(r"^# Always configured: .", re.M)
# What every namespace has.
OF_NAMESPACES = {("serviceaccounts", "default"), ("configmaps", "kube-root-ca.crt")}
# What other programs than the one that applies write, and what every write changes.
VOLATILE = ("status", "metadata.resourceVersion", "metadata.managedFields")


class Cluster:
    """A server, and kubectl pointed at it."""

    def __init__(self, server):
        self.server = server
        self.home = server.scratch.name

    def kubectl(self, *arguments):
        done = subprocess.run(
            ["kubectl", "--server", self.server.url, *arguments], capture_output=True, text=True, timeout=90,
            env={"PATH": os.environ["PATH"], "HOME": self.home, "KUBECONFIG": os.path.join(self.home, "none")})
        return done.returncode, done.stdout, done.stderr

    def get(self, path):
        with urllib.request.urlopen(self.server.url + path, timeout=30) as answer:
            return json.load(answer)

    def resources(self):
        """(apiVersion, kind) of everything served, with its path, plural and whether it is in namespaces."""
        found = {}
        groups = ["/api/v1"] + ["/apis/" + v["groupVersion"] for g in self.get("/apis")["groups"] for v in g["versions"]]
        for group in groups:
            for resource in self.get(group)["resources"]:
                if "/" not in resource["name"] and "list" in resource["verbs"]:
                    version = group.removeprefix("/apis/").removeprefix("/api/")
                    found[version, resource["kind"]] = (group, resource["name"], resource["namespaced"])
        return found


class Manifest:
    """One file: its documents of kinds that are served, and those of definitions among them."""

    def __init__(self, path, served):
        self.name = os.path.basename(path).removesuffix(".yaml")
        with open(path, encoding="utf-8") as file:
            documents = re.split(r"^---\n", file.read(), flags=re.M)
        own = {kind for d in documents for kind in re.findall(r"names: .*\bkind: (\w+)", d)}
        self.left_out = set()
        self.documents = []
        for document in documents:
            version, kind = (re.search(rf"^{field}: (\S+)", document, re.M)[1] for field in ("apiVersion", "kind"))
            if (version, kind) in served or kind in own or kind == "List":
                self.documents.append(document)
            else:
                self.left_out.add(f"{version} {kind}")
        self.definitions = [d for d in self.documents if re.search(r"^kind: CustomResourceDefinition", d, re.M)]
        # One that names its namespace is applied without another one.
        text = "---\n".join(self.documents)
        self.has_namespace = re.search(r"^metadata:.*namespace:|^  namespace:", text, re.M) is not None
        self.is_configured_again = ALWAYS_CONFIGURED.search(text) is not None


class Run:
    """One manifest in a namespace of its own. Findings are strings."""

    def __init__(self, cluster, manifest, served, folder):
        self.cluster = cluster
        self.manifest = manifest
        self.served = served
        self.findings = []
        self.namespace = "m-" + manifest.name
        self.scope = [] if manifest.has_namespace else ["--namespace", self.namespace]
        self.file = os.path.join(folder, manifest.name + ".yaml")
        self.definitions = os.path.join(folder, manifest.name + ".definitions.yaml")
        for path, documents in ((self.file, manifest.documents), (self.definitions, manifest.definitions)):
            with open(path, "w", encoding="utf-8") as file:
                file.write("---\n".join(documents))

    def kubectl(self, what, *arguments, accepted=(0,)):
        code, out, err = self.cluster.kubectl(*arguments, *self.scope)
        if code not in accepted:
            self.findings.append(f"{what}: exit {code}\n{out}{err}")
        elif arguments[0] == "apply" and re.search(r"^Warning: (?!.*deprecated|tls: )", err, re.M):
            self.findings.append(f"{what}: {err}")
        return out

    def define(self):
        """Objects of a kind can be applied only once it is there."""
        if self.manifest.definitions:
            self.kubectl("definitions", "apply", "-f", self.definitions)
            self.kubectl("definitions", "wait", "--for=condition=Established", "--timeout=30s", "-f", self.definitions)

    def objects(self):
        out = self.kubectl("get", "get", "-f", self.file, "-o", "json")
        listed = json.loads(out) if out else {"items": []}
        for item in listed.get("items", [listed]):
            for path in VOLATILE:
                *parents, last = path.split(".")
                place = item
                for parent in parents:
                    place = place[parent]
                place.pop(last, None)
            yield item

    def play(self):
        try:
            self.cluster.kubectl("create", "namespace", self.namespace)
            self.by_client()
            self.by_server()
            self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")
        except subprocess.TimeoutExpired as error:
            self.findings.append(f"kubectl did not end: {error}")
        return self.findings

    def by_client(self):
        self.define()
        self.kubectl("apply", "apply", "-f", self.file)
        again = self.kubectl("apply again", "apply", "-f", self.file)
        if not self.manifest.is_configured_again:
            changed = [line for line in again.splitlines() if not line.endswith(" unchanged")]
            if changed:
                self.findings.append(f"apply again changes something: {changed}")
        self.kubectl("diff", "diff", "-f", self.file)
        self.delete("delete")

    def by_server(self):
        self.define()
        self.kubectl("server-side apply", "apply", "--server-side", "-f", self.file)
        # Controllers may still be writing to what has just been made: the annotations of a Deployment, for example.
        for _ in range(3):
            before = list(self.objects())
            self.kubectl("server-side apply again", "apply", "--server-side", "-f", self.file)
            after = list(self.objects())
            if before == after:
                break
            time.sleep(1)
        else:
            self.findings.append(f"server-side apply again changes something:\n{before}\n{after}")
        self.kubectl("server-side diff", "diff", "--server-side", "-f", self.file)
        self.delete("delete after server-side apply")

    def delete(self, what):
        self.kubectl(what, "delete", "-f", self.file, "--ignore-not-found", "--timeout=60s")
        deadline = time.monotonic() + 60
        while (left := self.leftovers()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if left:
            self.findings.append(f"{what} leaves {left}")

    def leftovers(self):
        """What is in the namespace, and of the manifest, and should not be."""
        code, out, err = self.cluster.kubectl("get", "-f", self.file, "--ignore-not-found", "-o", "name", *self.scope)
        # The kinds of definitions have gone with them.
        left = out.split() if code == 0 or "no matches for kind" not in err else []
        claims = "volumeClaimTemplates" in open(self.file, encoding="utf-8").read()
        for group, plural, is_namespaced in self.served.values():
            if not is_namespaced or plural == "events" or claims and plural == "persistentvolumeclaims":
                continue  # a StatefulSet's claims outlive it
            for item in self.cluster.get(f"{group}/namespaces/{self.namespace}/{plural}")["items"]:
                if (plural, item["metadata"]["name"]) not in OF_NAMESPACES:
                    left.append(f"{plural}/{item['metadata']['name']}")
        return left


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--only", default="", help="manifests with this in their names")
    arguments = arguments.parse_args()
    if shutil.which("kubectl") is None:
        print("SKIPPED the manifests: no kubectl on this machine")
        print("0 passed, 0 failed")
        return 0
    checks = Checks()
    files = [f for f in sorted(glob.glob(os.path.join(HERE, "manifests", "*.yaml"))) if arguments.only in os.path.basename(f)]
    with Fairlead(arguments.binary) as server, tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(server)
        served = cluster.resources()
        manifests = [Manifest(file, served) for file in files]
        whole = [m for m in manifests if m.documents]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = pool.map(lambda m: (m.name, Run(cluster, m, served, folder).play()), whole)
            for name, findings in runs:
                checks.check(f"{name}: applied, applied again, compared, deleted", not findings, "\n     ".join(findings))
        left_out = sorted(set().union(*(m.left_out for m in manifests)))
        if left_out:
            print("left out, as they are not served: " + ", ".join(left_out))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Three charts, installed, used and removed by genuine kubectl: an operator with conversion and both kinds of webhooks, a pack of
policies with parameters, and an API server behind an APIService. And the admission plugins, switched by their flags.

    extensions.py --binary .build/release/fairlead
"""
import argparse
import json
import os
import queue
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from servers import Certificates, Metering, OperatorWebhooks, Server  # noqa: E402

REFERENCE = os.path.join(os.path.dirname(HERE), "Conformance", "discovery")


class Extensions(Checks):
    def __init__(self, server, folder):
        super().__init__()
        self.server, self.folder = server, folder
        self.kubeconfig = server.kubeconfig
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "KUBECONFIG": self.kubeconfig}

    def kubectl(self, *arguments, stdin=None):
        """(exit status, standard output, standard error)."""
        done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=120, env=self.environment)
        return done.returncode, done.stdout, done.stderr

    def does(self, claim, *arguments, stdin=None, out=None, err=None):
        """A command that succeeds, and prints what matches."""
        code, stdout, stderr = self.kubectl(*arguments, stdin=stdin)
        holds = code == 0 and (out is None or re.search(out, stdout)) and (err is None or re.search(err, stderr))
        self.check(claim, holds, (code, stdout[-600:], stderr[-600:]))
        return stdout

    def fails(self, claim, why, *arguments, stdin=None):
        code, stdout, stderr = self.kubectl(*arguments, stdin=stdin)
        self.check(claim, code != 0 and re.search(why, stderr), (code, stdout[-600:], stderr[-600:]))

    def field(self, path, *arguments):
        return self.kubectl("get", *arguments, "-o", "jsonpath=" + path)[1]

    def comes(self, claim, what, seconds=60):
        """Waits until something holds."""
        end = time.monotonic() + seconds
        seen = what()
        while not seen and time.monotonic() < end:
            time.sleep(0.1)
            seen = what()
        return self.check(claim, seen, seen)

    def bundle(self, name, **values):
        with open(os.path.join(HERE, "bundles", name + ".yaml")) as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace("${" + key + "}", str(value))
        return text

    # What is served

    def served(self):
        with open(os.path.join(REFERENCE, "api-resources.txt")) as file:
            wanted = [line.split() for line in file][1:]
        out = self.does("api-resources", "api-resources", "-o", "wide", "--no-headers")
        seen = [line.split() for line in out.splitlines()]
        # docs/decisions/aggregation.md: metrics-server is part of this server.
        seen = [words for words in seen if "metrics.k8s.io/v1beta1" not in words]
        self.check("kubectl api-resources prints what a genuine one does", seen == wanted,
                   [line for line in zip(seen, wanted) if line[0] != line[1]][:3])
        with open(os.path.join(REFERENCE, "discovery-apis.json")) as file:
            groups = json.load(file)["items"]
        versions = sorted(["v1", *(f"{g['metadata']['name']}/{v['version']}" for g in groups for v in g["versions"])])
        out = self.does("api-versions", "api-versions")
        self.check("kubectl api-versions, too", [v for v in out.split() if v != "metrics.k8s.io/v1beta1"] == versions, out)
        for path, name in (("/api", "discovery-api.json"), ("/apis", "discovery-apis.json")):
            with open(os.path.join(REFERENCE, name)) as file:
                wanted = json.load(file)
            done = subprocess.run(["curl", "-s", "-H", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                                   self.server.url + path], capture_output=True, text=True)
            seen = json.loads(done.stdout)
            seen["items"] = [item for item in seen["items"] if item["metadata"].get("name") != "metrics.k8s.io"]
            self.check(f"the aggregated discovery of {path} equals the recorded one", seen == wanted)

    # The operator

    def operator(self):
        certificates = Certificates(tempfile.mkdtemp(dir=self.folder), "webhooks.greeter-system.svc")
        hooks = Server(certificates, OperatorWebhooks)
        chart = self.bundle("operator", PORT=hooks.port, CA=certificates.bundle)
        self.does("operator: installed", "apply", "-f", "-", stdin=chart)
        # kubectl sends some lists anew, with or without a change.
        self.does("operator: installed again", "apply", "-f", "-", stdin=chart, out=r"(?s)^(?!.*created).*greetings.greeter.charts.example unchanged")
        self.does("operator: its kinds are established", "wait", "--for=condition=Established", "--timeout=60s",
                  "crd/greetings.greeter.charts.example")
        self.does("operator: its manager runs", "rollout", "status", "-n", "greeter-system", "deployment/greeter", "--timeout=120s")
        self.check("operator: the manager has the priority of the chart",
                   self.field("{.items[0].spec.priority}", "pods", "-n", "greeter-system") == "1000")
        self.greetings(hooks)
        self.injection(hooks)
        self.does("operator: its objects are removed", "delete", "greetings", "--all", "--timeout=60s", err="delete of first was looked at")
        self.does("operator: removed", "delete", "--wait", "--timeout=90s", "-f", "-", stdin=chart)
        self.fails("operator: its kind is gone", "the server doesn.t have a resource type|could not find the requested resource", "get", "greetings")
        self.does("operator: what its webhooks watched can be created again", "create", "configmap", "after", "-n", "default")
        hooks.shutdown()

    def greeting(self, name, version="v2", **spec):
        return json.dumps({"apiVersion": f"greeter.charts.example/{version}", "kind": "Greeting", "metadata": {"name": name}, "spec": spec})

    def greetings(self, hooks):
        self.does("operator: a greeting, defaulted by its schema and a webhook", "create", "-f", "-",
                  stdin=self.greeting("first", greeting="hello"), err="create of first was looked at")
        self.check("operator: the default of the webhook and of the schema",
                   self.field("{.spec.subject} {.spec.replicas} {.spec.tone}", "greeting", "first") == "world 1 kind")
        self.does("operator: columns", "get", "gr", out=r"NAME +GREETING +SUBJECT\nfirst +hello +world")
        self.does("operator: the other version is converted", "get", "greetings.v1.greeter.charts.example", "first", "-o",
                  "jsonpath={.apiVersion} {.spec.text}", out="greeter.charts.example/v1 hello, world", err="v1 Greeting is deprecated")
        self.does("operator: created in the old version, seen by the webhooks in the new one", "create", "-f", "-",
                  stdin=self.greeting("second", "v1", text="good, morning", tone="stern"))
        self.does("operator: a selectable field", "get", "greetings", "--field-selector", "spec.tone=stern", "-o", "name", out="^greeting[^\n]*/second\n$")
        seen = [r for r in hooks.asked("/mutate-greeting") if r["name"] == "second"]
        self.check("operator: matchPolicy Equivalent converts for webhooks",
                   seen and seen[0]["object"]["spec"]["greeting"] == "good" and seen[0]["requestKind"]["version"] == "v1", seen)
        self.check("operator: a list of both", self.field("{.items[*].spec.greeting}", "greetings") == "hello good")
        self.fails("operator: refused by the validating webhook", 'admission webhook "greetings.greeter.charts.example" denied the request: '
                   "greetings do not say goodbye", "create", "-f", "-", stdin=self.greeting("third", greeting="goodbye"))
        self.fails("operator: refused by a rule, with its message, field and reason",
                   r"spec\.level: Forbidden: a is too loud above level 10", "create", "-f", "-", stdin=self.greeting("third", greeting="a", level=11))
        self.fails("operator: a transition rule", "the tone does not change", "patch", "greeting", "second", "--type=merge", "-p",
                   '{"spec":{"tone":"mild"}}')
        self.fails("operator: a set has no duplicates", r"spec\.colours\[1\]: Duplicate value", "create", "-f", "-",
                   stdin=self.greeting("third", greeting="a", colours=["red", "red"]))
        self.fails("operator: unknown fields are refused where the client wants it", 'unknown field "spec.surplus"', "create", "-f", "-",
                   stdin=self.greeting("third", greeting="a", surplus=1))
        self.does("operator: but not where the schema preserves them", "create", "-f", "-",
                  stdin=self.greeting("third", greeting="a", extra={"any": {"thing": 1}}, port="http"))
        self.does("operator: a dry run asks the webhooks, too", "create", "--dry-run=server", "-f", "-", stdin=self.greeting("dry", greeting="hi"))
        self.check("operator: and says that it is one", any(r["name"] == "dry" and r["dryRun"] for r in hooks.asked("/validate-greeting")))
        self.does("operator: scaled", "scale", "greeting", "first", "--replicas=2")
        self.fails("operator: the scale is admitted, too", "scale of more than 3", "scale", "greeting", "first", "--replicas=5")
        self.does("operator: applied by another manager", "apply", "--server-side", "--field-manager=gitops", "-f", "-",
                  stdin=self.greeting("applied", greeting="hey", level=3))
        self.fails("operator: whose fields are its own", "conflict with", "apply", "--server-side", "--field-manager=other", "-f", "-",
                   stdin=self.greeting("applied", greeting="hey", level=4))
        self.watch_converted()
        OperatorWebhooks.broken["/convert"] = ({"kind": "Nonsense"}, 200)
        self.fails("operator: a conversion that lies", "conversion webhook for greeter.charts.example/v2, Kind=Greeting failed", "create", "-f",
                   "-", stdin=self.greeting("lied", greeting="hello"))
        OperatorWebhooks.broken.clear()
        self.storage_version()

    def watch_converted(self):
        watch = subprocess.Popen(["kubectl", "get", "greetings.v1.greeter.charts.example", "-w", "-o", "jsonpath={.metadata.name}={.spec.text}{'\\n'}"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment)
        try:
            for line in watch.stdout:  # the objects that are there; the last one by name
                if line.startswith("third="):
                    break
            self.kubectl("patch", "greeting", "first", "--type=merge", "-p", '{"spec":{"greeting":"howdy"}}')
            line = watch.stdout.readline()
            self.check("operator: a watch in the old version converts each change", line == "first=howdy, world\n", line)
        finally:
            watch.kill()
            watch.wait()

    def storage_version(self):
        name = "crd/greetings.greeter.charts.example"
        self.does("operator: the storage version changes", "patch", name, "--type=json", "-p", json.dumps([
            {"op": "replace", "path": "/spec/versions/0/storage", "value": False},
            {"op": "replace", "path": "/spec/versions/1/storage", "value": True}]))
        self.check("operator: both are stored versions now", self.field("{.status.storedVersions}", name) == '["v1","v2"]')
        self.does("operator: the objects are stored anew", "annotate", "greetings", "--all", "migrated=yes")
        self.does("operator: one of them changed", "patch", "greeting", "first", "--type=merge", "-p", '{"spec":{"level":4}}')
        self.does("operator: the old version is told to be stored no more", "patch", name, "--subresource=status", "--type=merge", "-p",
                  '{"status":{"storedVersions":["v2"]}}')
        self.check("operator: what was stored is as it was", self.field("{.spec.greeting} {.spec.level}", "greeting", "first") == "howdy 4")

    def injection(self, hooks):
        self.does("operator: a namespace that wants sidecars", "create", "namespace", "injected")
        self.does("operator: is labelled", "label", "namespace", "injected", "greeter=inject")
        self.comes("operator: a ServiceAccount is there", lambda: self.kubectl("get", "sa", "default", "-n", "injected")[0] == 0)
        self.does("operator: a pod", "run", "one", "-n", "injected", "--image=nginx")
        self.check("operator: has a sidecar", self.field("{.spec.containers[*].name}", "pod", "one", "-n", "injected") == "one sidecar")
        self.check("operator: and the first webhook was asked again about it",
                   self.field("{.metadata.labels.injected}", "pod", "one", "-n", "injected") == "saw-2")
        before = len(hooks.asked("/add-sidecar"))
        self.does("operator: a pod that does not want any", "run", "two", "-n", "injected", "--image=nginx", "--labels=inject=no")
        self.check("operator: is not asked about", len(hooks.asked("/add-sidecar")) == before)
        for claim, answer in (("that fails", ({}, 500)), ("that floods", (b"x" * (100 << 20), 200)), ("that lies", ({"kind": "Pod"}, 200))):
            OperatorWebhooks.broken["/optional"] = answer
            self.does(f"operator: a webhook {claim} is ignored, as its policy says", "create", "configmap", "-n", "injected",
                      "config-" + claim.split()[1])
            OperatorWebhooks.broken["/validate-greeting"] = answer
            self.fails(f"operator: a webhook {claim} fails its request, as its policy says", "failed calling webhook|failed to call webhook|"
                       "received invalid webhook response|Internal error", "delete", "greeting", "second", "--wait=false")
            OperatorWebhooks.broken.clear()
        self.does("operator: the namespace goes", "delete", "namespace", "injected", "--timeout=90s")

    # The policies

    def policies(self):
        chart = self.bundle("policies")
        self.does("policies: installed", "apply", "-f", "-", stdin=chart)
        self.does("policies: the kind of their parameters is established", "wait", "--for=condition=Established", "--timeout=60s",
                  "crd/limits.policies.charts.example")

        def limit(maximum, **labels):
            return json.dumps({"apiVersion": "policies.charts.example/v1", "kind": "Limit", "maxReplicas": maximum, "registry": "example.com/",
                               "metadata": {"name": "limit", "namespace": "guarded", "labels": labels}})

        def deployment(name, replicas, **labels):
            pod = {"containers": [{"name": "main", "image": "nginx"}]}
            return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "guarded", "labels": labels},
                               "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                                        "template": {"metadata": {"labels": {"app": name}}, "spec": pod}}})
        self.fails("policies: without parameters nothing goes", "failed to configure binding: no params found", "create", "-f", "-",
                   stdin=deployment("web", 1))
        self.does("policies: parameters", "apply", "-f", "-", stdin=limit(3, use="registry"))
        self.comes("policies: with them it goes", lambda: self.kubectl("apply", "-f", "-", stdin=deployment("web", 1))[0] == 0)
        self.fails("policies: more than the parameters allow, with the message of an expression",
                   "ValidatingAdmissionPolicy 'replicas.policies.charts.example' with binding 'replicas.policies.charts.example' denied "
                   "request: team blue may have 3 replicas, not 4", "create", "-f", "-", stdin=deployment("big", 4))
        self.does("policies: a match condition exempts", "create", "-f", "-", stdin=deployment("big", 4, exempt="yes"))
        self.does("policies: other parameters", "apply", "-f", "-", stdin=limit(9, use="registry"))
        self.comes("policies: count at once", lambda: self.kubectl("apply", "--dry-run=server", "-f", "-", stdin=deployment("new", 9))[0] == 0)
        self.fails("policies: a rule about the change", "replicas grow by less than 3 at a time", "apply", "-f", "-", stdin=deployment("web", 8))
        self.does("policies: elsewhere they mean nothing", "create", "deployment", "free", "--image=nginx", "--replicas=12", "-n", "default")
        self.does("policies: a binding that only warns", "run", "stranger", "-n", "guarded", "--image=nginx",
                  err="images come from the registry of the company")
        self.does("policies: and the warnings of the namespace's standard", "run", "other", "-n", "guarded", "--image=example.com/nginx",
                  err='would violate PodSecurity "restricted:latest"')
        self.fails("policies: what the namespace's standard enforces", 'violates PodSecurity "baseline:latest"', "run", "root", "-n", "guarded",
                   "--image=nginx", "--privileged")
        self.check("policies: the LimitRange gives defaults",
                   self.field("{.spec.containers[0].resources.requests.cpu}", "pod", "other", "-n", "guarded") == "100m")
        self.does("policies: a ConfigMap", "create", "configmap", "one", "-n", "guarded")
        self.check("policies: is changed by both kinds of mutations",
                   self.field("{.metadata.labels.team} {.metadata.annotations.max}", "configmap", "one", "-n", "guarded") == "blue 9")
        for name in ("two", "three"):
            self.does("policies: another ConfigMap", "create", "configmap", name, "-n", "guarded")
        self.fails("policies: the quota ends", "exceeded quota: objects, requested: count/configmaps=1, used: count/configmaps=4, "
                   "limited: count/configmaps=4", "create", "configmap", "four", "-n", "guarded")
        self.does("policies: a role", "create", "role", "creators", "--verb=create", "--resource=secrets", "-n", "guarded")
        self.does("policies: for somebody", "create", "rolebinding", "creators", "--role=creators", "--user=somebody", "-n", "guarded")
        self.fails("policies: the authorizer is asked about the user", "whoever creates a Secret must be able to delete it", "create", "secret",
                   "generic", "s", "-n", "guarded", "--as=somebody")
        self.does("policies: a policy that does not fit its kind is told so", "apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "odd"}, "spec": {
                "matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
                                                       "operations": ["CREATE"]}]},
                "validations": [{"expression": "object.spec.replicaz > 1"}]}}))
        self.comes("policies: in its status", lambda: "undefined field 'replicaz'" in self.field(
            "{.status.typeChecking.expressionWarnings[0].warning}", "validatingadmissionpolicy", "odd"))
        self.fails("policies: one that does not compile is refused", "compilation failed: ERROR: <input>:1:", "apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "worse"}, "spec": {
                "matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
                                                       "operations": ["CREATE"]}]},
                "validations": [{"expression": "object.spec.replicas >"}]}}))
        self.does("policies: removed", "delete", "--wait", "--timeout=90s", "-f", "-", stdin=chart)
        self.does("policies: with the odd one", "delete", "validatingadmissionpolicy", "odd")

    # The API server

    def metering(self):
        certificates = Certificates(tempfile.mkdtemp(dir=self.folder), "metering.metering-system.svc")
        authority = json.loads(self.kubectl("get", "configmap", "-n", "kube-system", "extension-apiserver-authentication", "-o", "json")[1])["data"]
        events = queue.Queue()
        Metering.changes = lambda _: iter(events.get, None)
        server = Server(certificates, Metering, client_authority=authority["requestheader-client-ca-file"])
        chart = self.bundle("metering", PORT=server.port, CA=certificates.bundle)
        self.does("metering: installed", "apply", "-f", "-", stdin=chart)
        self.does("metering: available", "wait", "--for=condition=Available", "--timeout=60s", "apiservice/v1beta1.metering.charts.example")
        self.does("metering: in the table", "get", "apiservice", "v1beta1.metering.charts.example", out=r"metering-system/metering +True")
        self.does("metering: one that nobody serves is not", "get", "apiservice", "v1.absent.charts.example",
                  out=r"metering-system/absent +False \(ServiceNotFound\)")
        code, out, err = self.kubectl("api-resources", "--api-group=metering.charts.example", "--no-headers")
        self.check("metering: its kinds are found", out.split() == ["usages", "us", "metering.charts.example/v1beta1", "true", "Usage"], (out, err))
        request = urllib.request.Request(self.server.url + "/apis", headers={
            "Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"})
        found = {g["metadata"]["name"]: g["versions"] for g in json.load(urllib.request.urlopen(request, timeout=20))["items"]}
        self.check("metering: and that others cannot be", [v["freshness"] for v in found["absent.charts.example"]] == ["Stale"], found.keys())
        self.does("metering: its groups come in order", "api-versions", out=r"(?s)metering\.charts\.example/v1beta1")
        groups = [g["name"] for g in json.loads(self.server.get("/apis"))["groups"]]
        self.check("metering: before groups of less priority, after others",
                   groups.index("storage.k8s.io") < groups.index("metering.charts.example") < groups.index("absent.charts.example"), groups)
        self.does("metering: explained", "explain", "usage", out="How much of something has been used")
        self.does("metering: a list", "get", "usages", "-A", "-o", "jsonpath={.items[*].amount}", out="^1 7 12$")
        self.does("metering: a table that the server makes", "get", "us", "-n", "team", out=r"NAME +USED\napi +7\ndb +12")
        self.does("metering: one of them", "get", "usage", "api", "-n", "team", "-o", "jsonpath={.amount}", out="^7$")
        self.does("metering: a namespace", "create", "namespace", "team")
        self.fails("metering: one that is not there, in the words of its server", r'usages\.metering\.charts\.example "no" not found',
                   "get", "usage", "no", "-n", "team")
        self.does("metering: a create", "create", "-f", "-", stdin=json.dumps(
            {"apiVersion": "metering.charts.example/v1beta1", "kind": "Usage", "metadata": {"name": "new", "namespace": "team"}, "amount": 41}))
        path = "/apis/metering.charts.example/v1beta1/namespaces/team/usages"
        self.check("metering: with its body", any(what.get("amount") == 41 for _, what in list(server.requests)), server.requests[-3:])
        self.identity(server, path)
        self.streams(server, path, events)
        self.bounds(path)
        self.outage(server, certificates, authority, chart)

    def identity(self, server, path):
        self.fails("metering: who may not read, is not passed on", "forbidden", "get", "usages", "-n", "team", "--as=stranger")
        self.does("metering: a reader", "create", "rolebinding", "reader", "-n", "metering-system", "--clusterrole=metering-reader", "--user=ann",
                  "--serviceaccount=metering-system:metering")
        own = path.replace("/team/", "/metering-system/")
        seen = len(server.asked(own))
        self.does("metering: may where the role is bound", "get", "--raw", own, "--as=ann", "--as-group=devs", out="UsageList")
        who = server.asked(own)[seen]
        self.check("metering: the server is told who asks", who["who"] == "ann" and set(who["groups"]) == {"devs", "system:authenticated"}, who)
        self.check("metering: by a client with the certificate of a front proxy",
                   ((("commonName", "front-proxy-client"),),) == who["certificate"], who)
        token = self.kubectl("create", "token", "metering", "-n", "metering-system")[1].strip()
        for claim, headers, user in (
                ("whose token it was, and not the token", [f"Authorization: Bearer {token}"], "system:serviceaccount:metering-system:metering"),
                ("nothing that clients claim", ["X-Remote-User: god", "X-Remote-Group: gods", "Impersonate-User: bob",
                                                "Impersonate-Group: system:masters", "Impersonate-Extra-Scopes: all"], "bob")):
            seen = len(server.asked(own))
            done = subprocess.run(["curl", "-s", *(part for header in headers for part in ("-H", header)), self.server.url + own],
                                  capture_output=True, text=True)
            who = server.asked(own)[seen] if len(server.asked(own)) > seen else {}
            self.check(f"metering: {claim}", who.get("who") == user and who["authorization"] is None and "gods" not in who["groups"]
                       and (user != "bob" or who["extra"] == "all"), (done.stdout[:200], who))

    def streams(self, server, path, events):
        watch = subprocess.Popen(["kubectl", "get", "--raw", path + "?watch=1"], stdout=subprocess.PIPE, text=True, env=self.environment)
        for number in range(3):
            events.put({"type": "MODIFIED", "object": {"number": number}})
            line = watch.stdout.readline()
            self.check(f"metering: a watch brings change {number} when it is made", json.loads(line)["object"]["number"] == number, line)
        events.put(None)
        self.check("metering: and ends with its server", watch.wait(timeout=30) == 0)
        with socket.create_connection(("127.0.0.1", int(self.server.url.rsplit(":", 1)[1])), timeout=30) as raw:
            raw.sendall(f"GET {path}/api/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n".encode())
            file = raw.makefile("rwb")
            head = []
            while (line := file.readline()) not in (b"\r\n", b""):
                head.append(line.decode().strip())
            self.check("metering: another protocol is agreed on", head and head[0].startswith("HTTP/1.1 101") and "Upgrade: shout" in head, head)
            self.check("metering: the server speaks first", file.readline() == b"WELCOME\n")
            for word in (b"one\n", b"two\n", b"bye\n"):
                file.write(word)
                file.flush()
                self.check("metering: bytes go both ways", file.readline() == word.upper())
            self.check("metering: its end is the end", file.readline() == b"")
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Connection: Upgrade", "-H", "Upgrade: other",
                               f"{self.server.url}{path}/api/stream"], capture_output=True, text=True)
        self.check("metering: a refusal to change the protocol is passed on", done.stdout == "400", done.stdout)

    def bounds(self, path):
        self.fails("metering: an answer of 100 MB is refused", "the answer is larger than|unable to handle the request", "get", "--raw", path + "/huge")
        slow = [subprocess.Popen(["curl", "-s", "-m", "20", self.server.url + path + "/slow"], stdout=subprocess.DEVNULL) for _ in range(40)]
        time.sleep(1)
        began = time.monotonic()
        self.does("metering: a server that hangs holds up nobody else", "get", "namespaces", out="metering-system")
        self.check("metering: not for a moment", time.monotonic() - began < 10, time.monotonic() - began)
        for process in slow:
            process.kill()
            process.wait()

    def outage(self, server, certificates, authority, chart):
        server.shutdown()
        server.server_close()
        name = "v1beta1.metering.charts.example"
        self.comes("metering: a server that has gone is noticed", lambda: "FailedDiscoveryCheck" in self.field(
            "{.status.conditions[0].reason}", "apiservice", name), 90)
        self.check("metering: with the reason", re.search(r"failing or missing response from https://localhost:\d+/apis/metering.*: Get .*: "
                                                          "dial tcp .*connect: connection refused",
                                                          self.field("{.status.conditions[0].message}", "apiservice", name)),
                   self.field("{.status.conditions[0].message}", "apiservice", name))
        done = subprocess.run(["curl", "-s", "-w", " %{http_code}", self.server.url + "/apis/metering.charts.example/v1beta1/usages"],
                              capture_output=True, text=True)
        self.check("metering: requests are answered with 503 then", done.stdout == "service unavailable\n 503", done.stdout)
        again = Server(certificates, Metering, client_authority=authority["requestheader-client-ca-file"])
        self.does("metering: it comes back elsewhere", "patch", "service", "metering", "-n", "metering-system", "--type=json", "-p",
                  json.dumps([{"op": "replace", "path": "/spec/ports/0/port", "value": again.port}]))
        self.does("metering: and the APIService says where", "patch", "apiservice", name, "--type=merge", "-p",
                  json.dumps({"spec": {"service": {"port": again.port}, "caBundle": None, "insecureSkipTLSVerify": True}}))
        self.does("metering: available again, without a check of its certificate", "wait", "--for=condition=Available", "--timeout=90s",
                  "apiservice/" + name)
        self.does("metering: and serves", "get", "usages", "-n", "other", out="web")
        self.does("metering: removed", "delete", "--wait", "--timeout=90s", "--ignore-not-found", "-f", "-",
                  stdin=chart)
        self.fails("metering: its kinds are gone", "the server doesn.t have a resource type|could not find the requested resource", "get", "usages")
        again.shutdown()


def plugins(checks, binary):
    """Admission plugins by Kubernetes' names."""
    for flag, names, wanted in (("enable", "NoSuch", 'enable-admission-plugins plugin "NoSuch" is unknown'),
                                ("disable", "PodSecurity,NoSuch", 'disable-admission-plugins plugin "NoSuch" is unknown')):
        done = subprocess.run([binary, "serve", f"--{flag}-admission-plugins", names, "--data", ":memory:"], capture_output=True, text=True,
                              timeout=60)
        checks.check(f"plugins: {wanted}", done.returncode != 0 and wanted in done.stderr, (done.returncode, done.stderr))
    done = subprocess.run([binary, "serve", "--enable-admission-plugins", "Priority", "--disable-admission-plugins", "Priority", "--data",
                           ":memory:"], capture_output=True, text=True, timeout=60)
    checks.check("plugins: both lists", "[Priority] in enable-admission-plugins and disable-admission-plugins overlapped" in done.stderr, done.stderr)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 1}], "externalIPs": ["192.0.2.1"]}}
    with Fairlead(binary, "--bare", "--enable-admission-plugins", "AlwaysPullImages,DenyServiceExternalIPs", "--disable-admission-plugins",
                  "DefaultTolerationSeconds,NamespaceLifecycle,Priority,ServiceAccount,ResourceQuota,PodSecurity") as server:
        def post(path, value):
            done = subprocess.run(["curl", "-s", "-H", "Content-Type: application/json", "-d", json.dumps(value), server.url + path],
                                  capture_output=True, text=True)
            return json.loads(done.stdout)
        spec = post("/api/v1/namespaces/nowhere/pods", pod).get("spec") or {}
        checks.check("plugins: without NamespaceLifecycle and ServiceAccount a pod needs neither", spec.get("containers"), spec)
        checks.check("plugins: AlwaysPullImages", spec["containers"][0]["imagePullPolicy"] == "Always", spec)
        checks.check("plugins: without DefaultTolerationSeconds and Priority",
                     not spec.get("tolerations") and spec.get("priority") is None and not spec.get("serviceAccountName"), spec)
        answer = post("/api/v1/namespaces/default/services", service)
        checks.check("plugins: DenyServiceExternalIPs", answer.get("code") == 403
                     and answer["message"] == 'services "s" is forbidden: Use of external IPs is denied by admission control.', answer)
    restrictions(checks, binary, pod)


def restrictions(checks, binary, pod):
    """Plugins that namespaces steer with annotations, and the one that guards owner references."""
    names = "NamespaceAutoProvision,PodNodeSelector,PodTolerationRestriction,OwnerReferencesPermissionEnforcement"
    prefix = "scheduler.alpha.kubernetes.io/"
    with tempfile.TemporaryDirectory(prefix="fairlead-plugins-") as folder:
        tokens = os.path.join(folder, "tokens")
        with open(tokens, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("root,root,1,system:masters\neve,eve,2\n")
        with Fairlead(binary, "--bare", "--enable-admission-plugins", names, "--token-auth-file", tokens) as server:
            def ask(method, path, value, token="root", kind="application/json"):
                done = subprocess.run(["curl", "-s", "-X", method, "-H", f"Content-Type: {kind}", "-H", f"Authorization: Bearer {token}",
                                       "-d", json.dumps(value), server.url + path], capture_output=True, text=True)
                return json.loads(done.stdout)
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            ask("POST", "/api/v1/namespaces/new/serviceaccounts", account)
            made = ask("GET", "/api/v1/namespaces/new", None)
            checks.check("plugins: NamespaceAutoProvision makes the namespace", made.get("status", {}).get("phase") == "Active", made)
            dry = ask("POST", "/api/v1/namespaces/never/serviceaccounts?dryRun=All", account)
            checks.check("plugins: but not for a dry run", dry.get("code") == 404, dry)

            def annotate(**annotations):
                ask("PATCH", "/api/v1/namespaces/new", {"metadata": {"annotations": {prefix + name: value for name, value in annotations.items()}}},
                    kind="application/merge-patch+json")
            annotate(**{"node-selector": "region=west, env = test"})
            pods = "/api/v1/namespaces/new/pods"
            selected = ask("POST", pods, dict(pod, metadata={"name": "selected"}))
            spec = selected.get("spec", {})
            checks.check("plugins: PodNodeSelector", spec.get("nodeSelector") == {"region": "west", "env": "test"}, spec)
            answer = ask("POST", pods, {**pod, "metadata": {"name": "east"}, "spec": {**pod["spec"], "nodeSelector": {"region": "east"}}})
            checks.check("plugins: PodNodeSelector, a conflict", answer.get("message") == 'pods "east" is forbidden: pod node label selector '
                         'conflicts with its namespace node label selector', answer)
            annotate(**{"node-selector": None, "defaultTolerations": '[{"key":"gpu","operator":"Exists"}]'})
            own = [{"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoSchedule"}, {"key": "other", "operator": "Exists"}]
            spec = ask("POST", pods, {**pod, "metadata": {"name": "tolerant"}, "spec": {**pod["spec"], "tolerations": own}}).get("spec", {})
            found = [one for one in spec.get("tolerations", []) if not one["key"].startswith("node.kubernetes.io/not-ready")
                     and not one["key"].startswith("node.kubernetes.io/unreachable")]
            checks.check("plugins: PodTolerationRestriction merges", found == [{"key": "gpu", "operator": "Exists"}, own[1]], spec.get("tolerations"))
            sized = [{"name": "c", "image": "nginx:1", "resources": {"requests": {"memory": "1Mi"}}}]
            spec = ask("POST", pods, {**pod, "metadata": {"name": "sized"}, "spec": {"containers": sized}}).get("spec", {})
            checks.check("plugins: and lets pods that ask for memory stay", {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists",
                         "effect": "NoSchedule"} in spec.get("tolerations", []), spec.get("tolerations"))
            annotate(defaultTolerations=None, tolerationsWhitelist='[{"key":"gpu","operator":"Exists"},{"operator":"Exists","effect":"NoExecute"}]')
            answer = ask("POST", pods, {**pod, "metadata": {"name": "no"}, "spec": {**pod["spec"], "tolerations": own}})
            checks.check("plugins: PodTolerationRestriction, not allowed", answer.get("code") == 500 and answer["message"] == "pod tolerations "
                         "(possibly merged with namespace default tolerations) conflict with its namespace whitelist", answer)
            answer = ask("POST", pods, {**pod, "metadata": {"name": "yes"}, "spec": {**pod["spec"], "tolerations": own[:1]}})
            checks.check("plugins: PodTolerationRestriction, allowed", answer.get("kind") == "Pod", answer)

            rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get", "update"]}]
            roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/new/"
            ask("POST", roles + "roles", {"metadata": {"name": "r"}, "rules": rules})
            ask("POST", roles + "rolebindings", {"metadata": {"name": "r"}, "subjects": [{"kind": "User", "name": "eve"}],
                                                  "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}})
            maps = "/api/v1/namespaces/new/configmaps"
            owner = {"apiVersion": "v1", "kind": "Pod", "name": "selected", "uid": selected["metadata"]["uid"]}

            def owned(name, **more):
                return {"metadata": {"name": name, "ownerReferences": [{**owner, **more}]}}
            answer = ask("POST", maps, owned("a"), "eve")
            checks.check("plugins: owners may be set by who creates", answer.get("kind") == "ConfigMap", answer)
            answer = ask("POST", maps, owned("b", blockOwnerDeletion=True), "eve")
            checks.check("plugins: but not block the owner's deletion", answer.get("message", "").startswith('configmaps "b" is forbidden: cannot set '
                         "blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: "), answer)
            answer = ask("POST", maps, owned("c", kind="Nope", blockOwnerDeletion=True), "eve")
            checks.check("plugins: an owner of no known kind", 'cannot find RESTMapping for APIVersion v1 Kind Nope: no matches for kind "Nope" in '
                         'version "v1"' in answer.get("message", ""), answer)
            answer = ask("PUT", maps + "/a", {"metadata": {"name": "a"}}, "eve")
            checks.check("plugins: and changed only by who may delete", "cannot set an ownerRef on a resource you can't delete" in
                         answer.get("message", ""), answer)
            answer = ask("PUT", maps + "/a", {"metadata": {"name": "a"}})
            checks.check("plugins: the administrator may", answer.get("kind") == "ConfigMap" and "ownerReferences" not in answer["metadata"], answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="served, operator, policies, metering or plugins")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairlead-extensions-") as folder:
        with Fairlead(arguments.binary) as server:
            checks = Extensions(server, folder)
            for part in ("served", "operator", "policies", "metering"):
                if arguments.only in (None, part):
                    getattr(checks, part)()
        if arguments.only in (None, "plugins"):
            plugins(checks, arguments.binary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

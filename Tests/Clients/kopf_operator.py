"""Small kopf operators: one for a built-in kind, one for a custom resource. They run as a user would run them."""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACE = "kopf-client"
CUSTOM = "/apis/clients.fairlead.dev/v1/namespaces/" + NAMESPACE + "/greetings"
MAPS = "/api/v1/namespaces/" + NAMESPACE + "/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "greetings.clients.fairlead.dev"},
    "spec": {
        "group": "clients.fairlead.dev", "scope": "Namespaced",
        "names": {"plural": "greetings", "singular": "greeting", "kind": "Greeting", "shortNames": ["hi"]},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "additionalPrinterColumns": [{"name": "Whom", "type": "string", "jsonPath": ".spec.whom"}],
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "required": ["whom"], "properties": {
                    "whom": {"type": "string"}, "times": {"type": "integer", "minimum": 1, "default": 1}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}},
        }],
    },
}


class Requests:
    def __init__(self, url):
        self.url = url

    def __call__(self, method, path, body=None, content_type="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text.decode()

    def until(self, path, wanted, seconds=30):
        end = time.monotonic() + seconds
        while True:
            code, found = self("GET", path)
            if wanted(code, found) or time.monotonic() > end:
                return wanted(code, found), found
            time.sleep(0.1)


class Operator:
    """`kopf run` in a process of its own, with a kubeconfig that names the server."""

    def __init__(self, server, source):
        config = os.path.join(server.scratch.name, "kopf.kubeconfig")
        with open(config, "w") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "clusters": [{"name": "c", "cluster": {"server": server.url}}], "users": [{"name": "u", "user": {}}],
                       "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}, file)
        self.log_path = os.path.join(server.scratch.name, source + ".log")
        self.log = open(self.log_path, "w")
        command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", NAMESPACE, os.path.join(HERE, source)]
        environment = {"PATH": os.environ["PATH"], "HOME": server.scratch.name, "KUBECONFIG": config}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def complaints(self):
        with open(self.log_path) as file:
            return [line for line in file if "ERROR" in line or "Traceback" in line or "WARNING" in line]


def run(server, checks):
    check = lambda claim, holds, detail="": checks.check("kopf: " + claim, holds, detail)
    request = Requests(server.url)
    request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    built_in(server, check, request)
    # A server that does not list CustomResourceDefinitions has none: that is reported, not skipped silently.
    _, group = request("GET", "/apis")
    if any(g["name"] == "apiextensions.k8s.io" for g in group["groups"]):
        custom(server, check, request)
    else:
        print("SKIPPED kopf: custom resources: the server has no CustomResourceDefinitions")
    request("DELETE", "/api/v1/namespaces/" + NAMESPACE)
    gone, found = request.until("/api/v1/namespaces/" + NAMESPACE, lambda code, _: code == 404, seconds=60)
    check("the namespace goes", gone, found)


def built_in(server, check, request):
    with Operator(server, "kopf_config_maps.py") as operator:
        request("POST", MAPS, {"metadata": {"name": "a", "labels": {"operated": "yes"}}, "data": {"x": "1"}})
        done, found = request.until(MAPS + "/a-copy", lambda code, o: code == 200 and o["data"] == {"x": "1"})
        check("a creation is handled", done, found)
        check("the child is owned", found.get("metadata", {}).get("ownerReferences", [{}])[0].get("name") == "a", found)
        held, found = request.until(MAPS + "/a", lambda _, o: o["metadata"].get("finalizers") and "handled" in o["metadata"].get("annotations", {}))
        check("the object is held by kopf's finalizer and annotated", held, found)
        request("PATCH", MAPS + "/a", {"data": {"x": "2"}}, "application/merge-patch+json")
        done, found = request.until(MAPS + "/a-copy", lambda _, o: o.get("data") == {"x": "2"})
        check("an update is handled", done, found)
        ticking, found = request.until(MAPS + "/a", lambda _, o: int(o["metadata"].get("annotations", {}).get("ticks", "0")) >= 2)
        check("a timer ticks", ticking, found)
        request("DELETE", MAPS + "/a")
        gone, found = request.until(MAPS + "/a", lambda code, _: code == 404)
        check("a deletion is handled and then ends", gone, found)
        collected, found = request.until(MAPS + "/a-copy", lambda code, _: code == 404)
        check("the child is collected", collected, found)
        check("the operator is alive and has nothing to complain of",
              operator.process.poll() is None and not operator.complaints(), "".join(operator.complaints())[:3000])


def custom(server, check, request):
    code, made = request("POST", DEFINITIONS, DEFINITION)
    check("the definition is accepted", code == 201, made)
    established, found = request.until(DEFINITIONS + "/" + DEFINITION["metadata"]["name"], lambda _, o: any(
        c["type"] == "Established" and c["status"] == "True" for c in o.get("status", {}).get("conditions") or []))
    check("and established", established, found)
    with Operator(server, "kopf_greetings.py") as operator:
        code, made = request("POST", CUSTOM, {
            "apiVersion": "clients.fairlead.dev/v1", "kind": "Greeting", "metadata": {"name": "g"}, "spec": {"whom": "you"}})
        check("a custom object is created with its defaults", code == 201 and made["spec"] == {"whom": "you", "times": 1}, made)
        done, found = request.until(CUSTOM + "/g", lambda _, o: o.get("status", {}).get("greet", {}).get("said") == "hello you")
        check("its status holds what the handler returned", done, found)
        request("PATCH", CUSTOM + "/g", {"spec": {"whom": "all", "times": 2}}, "application/merge-patch+json")
        done, found = request.until(CUSTOM + "/g", lambda _, o: o.get("status", {}).get("regreet", {}).get("said") == "hello all hello all")
        check("an update is handled", done, found)
        code, found = request("PATCH", CUSTOM + "/g", {"spec": {"times": 0}}, "application/merge-patch+json")
        check("the schema holds", code == 422, found)
        request("DELETE", CUSTOM + "/g")
        gone, found = request.until(CUSTOM + "/g", lambda code, _: code == 404)
        check("a deletion is handled and then ends", gone, found)
        check("the operator of custom resources is alive and has nothing to complain of",
              operator.process.poll() is None and not operator.complaints(), "".join(operator.complaints())[:3000])
    request("DELETE", DEFINITIONS + "/" + DEFINITION["metadata"]["name"])
    gone, found = request.until(DEFINITIONS + "/" + DEFINITION["metadata"]["name"], lambda code, _: code == 404)
    check("the definition goes", gone, found)

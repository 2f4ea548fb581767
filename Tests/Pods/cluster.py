"""A Fairlead server, its pods as a watch shows them, and short ways to write the pods of the conformance tests."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks  # noqa: E402

REGISTRY = "registry.k8s.io/e2e-test-images/"
AGNHOST = REGISTRY + "agnhost:2.63.0"
BUSYBOX = REGISTRY + "busybox:1.37.0-1"
PAUSE = "registry.k8s.io/pause:3.10.2"
DNS_IMAGE = REGISTRY + "glibc-dns-testing:2.0.0"
NAMESPACE = "pods"


class Broken(Exception):
    """What a check waited for did not come."""


class SafeChecks(Checks):
    """Checks made by many threads."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def check(self, claim, holds, detail=""):
        with self.lock:
            return super().check(claim, bool(holds), str(detail)[:1500])


class Cluster:
    def __init__(self, server, checks):
        self.server = server
        self.checks = checks
        self.address = server.url.removeprefix("http://")
        self.local = threading.local()
        self.changed = threading.Condition()
        self.pods = {}
        self.history = {}
        self.has_kubectl = shutil.which("kubectl") is not None
        # kubectl is a heavy process; more than a few at once only wait for each other.
        self.kubectls = threading.Semaphore(4)
        threading.Thread(target=self.follow, daemon=True).start()

    # The REST API

    def raw(self, method, path, body=None, headers=None, timeout=60):
        """One request on a connection of this thread: (status, headers, body)."""
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(self.address, timeout=timeout)
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise

    def call(self, method, path, body=None, kind="application/json"):
        data = None if body is None else json.dumps(body)
        status, _, text = self.raw(method, path, data, {"Content-Type": kind, "Accept": "application/json"})
        try:
            return status, json.loads(text)
        except ValueError:
            return status, {"message": text.decode(errors="replace")}

    def path(self, resource, name="", namespace=NAMESPACE):
        group = {"deployments": "/apis/apps/v1", "replicasets": "/apis/apps/v1",
                 "endpointslices": "/apis/discovery.k8s.io/v1"}.get(resource, "/api/v1")
        return f"{group}/namespaces/{namespace}/{resource}" + (f"/{name}" if name else "")

    def create(self, resource, one, namespace=NAMESPACE):
        status, answer = self.call("POST", self.path(resource, namespace=namespace), one)
        if status != 201:
            raise Broken(f"POST {resource} {one['metadata']['name']}: {status} {answer.get('message')}")
        return answer

    def get(self, resource, name, namespace=NAMESPACE):
        return self.call("GET", self.path(resource, name, namespace))[1]

    def patch(self, resource, name, body, suffix="", kind="application/merge-patch+json"):
        return self.call("PATCH", self.path(resource, name) + suffix, body, kind)

    def delete(self, resource, name, grace=None):
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        return self.call("DELETE", self.path(resource, name), options)

    def log(self, pod, container=None, **options):
        if container:
            options["container"] = container
        query = "&".join(f"{k}={v}" for k, v in options.items())
        status, _, text = self.raw("GET", self.path("pods", pod) + "/log" + (f"?{query}" if query else ""))
        text = text.decode(errors="replace")
        return text if status == 200 else f"[log: {status} {text}]"

    def proxied(self, what, path, method="GET", body=None, kind="pods", headers=None):
        """Status, headers and text through the proxy subresource of a pod or a Service."""
        status, head, text = self.raw(method, self.path(kind, what) + "/proxy" + path, body, headers)
        return status, head, text.decode(errors="replace")

    def events(self, name):
        items = self.call("GET", self.path("events") + f"?fieldSelector=involvedObject.name={name}")[1]["items"]
        return [f"{e.get('type')} {e.get('reason')} {e.get('message')}" for e in items]

    # Pods

    def follow(self):
        """Keeps `pods` and `history` as a watch of the namespace tells it."""
        connection = http.client.HTTPConnection(self.address)
        connection.request("GET", self.path("pods") + "?watch=1")
        try:
            for line in connection.getresponse():
                event = json.loads(line)
                one = event["object"]
                name = one["metadata"]["name"]
                with self.changed:
                    if event["type"] == "DELETED":
                        self.pods.pop(name, None)
                    elif event["type"] in ("ADDED", "MODIFIED"):
                        self.pods[name] = one
                        self.history.setdefault(name, []).append(one)
                    self.changed.notify_all()
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass  # the server has ended

    def wait(self, name, holds, seconds=30, what=""):
        """The pod once `holds(pod)`; pod is None while there is none."""
        end = time.monotonic() + seconds
        with self.changed:
            while not holds(self.pods.get(name)):
                left = end - time.monotonic()
                if left <= 0:
                    status = (self.pods.get(name) or {}).get("status")
                    raise Broken(f"pod {name}: {what or 'late'} after {seconds} s: {json.dumps(status)}")
                self.changed.wait(left)
            return self.pods.get(name)

    def ended(self, name, seconds=40):
        return self.wait(name, lambda p: p and p["status"].get("phase") in ("Succeeded", "Failed"), seconds,
                         "not ended")

    def ready(self, name, seconds=40):
        return self.wait(name, is_ready, seconds, "not ready")

    def gone(self, name, seconds=40):
        return self.wait(name, lambda p: p is None, seconds, "not gone")

    def start(self, *pods, wait=True):
        """Creates pods; returns them as they are when ready."""
        for one in pods:
            self.create("pods", one)
        return [self.ready(one["metadata"]["name"]) for one in pods] if wait else None

    # kubectl

    def kubectl(self, *arguments, stdin=None, seconds=60):
        home = self.server.scratch.name
        environment = {"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.path.join(home, "none")}
        for _ in range(3):
            with self.kubectls:
                done = subprocess.run(["kubectl", "--server", self.server.url, "-n", NAMESPACE, *arguments], input=stdin,
                                      capture_output=True, text=True, timeout=seconds, env=environment)
            # kubectl before 1.33 may read before it has set up its streams, and says so: its fault, on a busy machine.
            if "Unknown stream id" not in done.stderr:
                break
        return done.returncode, done.stdout, done.stderr

    def argv(self, pod, *arguments, container=None, stdin=None):
        """kubectl exec of an argument list: (code, stdout, stderr)."""
        chosen = ["-c", container] if container else []
        flags = ["-i"] if stdin is not None else []
        return self.kubectl("exec", *flags, pod, *chosen, "--", *arguments, stdin=stdin)

    def shell(self, pod, line, container=None):
        """As the framework does it."""
        return self.argv(pod, "/bin/sh", "-x", "-c", line, container=container)

    def eventually(self, probe, holds, seconds=20, pause=0.5):
        """The first answer of `probe` that holds, else the last one."""
        end = time.monotonic() + seconds
        while True:
            found = probe()
            if holds(found) or time.monotonic() > end:
                return found
            time.sleep(pause)


def is_ready(pod):
    conditions = (pod or {}).get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def container(image, command=None, args=None, name="c", **more):
    one = {"name": name, "image": image, **more}
    if command is not None:
        one["command"] = command
    if args is not None:
        one["args"] = args
    return one


def agnhost(*args, **more):
    return container(AGNHOST, args=list(args) or None, **more)


def busybox(script, **more):
    return container(BUSYBOX, ["sh", "-c", script], **more)


def pod(name, *containers, labels=None, annotations=None, **spec):
    metadata = {"name": name}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": {"terminationGracePeriodSeconds": 0, **spec, "containers": list(containers)}}


def mount(path, volume="v", **more):
    return {"name": volume, "mountPath": path, **more}


def service(name, ports, selector=None, **spec):
    if selector:
        spec["selector"] = selector
    if ports:
        spec["ports"] = ports
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def port(number, target=None, name=None, protocol="TCP"):
    one = {"port": number, "protocol": protocol}
    if target is not None:
        one["targetPort"] = target
    if name:
        one["name"] = name
    return one


def found(text, expected):
    """Those of `expected` (substrings, or compiled patterns) that are not in the text."""
    return [e if isinstance(e, str) else e.pattern for e in expected
            if not (e in text if isinstance(e, str) else re.search(e, text))]

"""The servers that charts bring along: webhooks, and an API server behind an APIService. HTTPS, with certificates of their own."""
import base64
import copy
import hashlib
import http.server
import json
import os
import ssl
import subprocess
import threading


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


class Certificates:
    """An authority, and a certificate for the names of Services."""

    def __init__(self, folder, *names):
        def path(name):
            return os.path.join(folder, name)
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        with open(path("names"), "w") as file:
            file.write("subjectAltName=" + ",".join([*(f"DNS:{name}" for name in names), "IP:127.0.0.1"]))
        openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=chart-ca", "-keyout", path("ca.key"), "-out", path("ca.crt"))
        openssl("req", *new, "-subj", "/CN=chart", "-keyout", path("key"), "-out", path("request"))
        openssl("x509", "-req", "-days", "2", "-in", path("request"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"),
                "-CAcreateserial", "-extfile", path("names"), "-out", path("crt"))
        self.files = (path("crt"), path("key"))
        with open(path("ca.crt"), "rb") as file:
            self.bundle = base64.b64encode(file.read()).decode()


class Server(http.server.ThreadingHTTPServer):
    """Serves a handler's requests on a free port of this machine."""
    daemon_threads, request_queue_size = True, 64

    def __init__(self, certificates, handler, client_authority=None):
        super().__init__(("127.0.0.1", 0), handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificates.files)
        if client_authority:
            tls.verify_mode = ssl.CERT_REQUIRED
            tls.load_verify_locations(cadata=client_authority)
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server_address[1]
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that has gone, or has been refused

    def note(self, path, what):
        self.requests.append((path, what))

    def asked(self, path):
        return [what for where, what in self.requests if where == path]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", 60

    def log_message(self, *_):
        pass

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, value, status=200, kind="application/json"):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class OperatorWebhooks(Handler):
    """What the operator's chart brings: both kinds of admission webhooks, and conversion."""
    # Paths that do not answer as they should, for as long as the test wants.
    broken = {}

    def do_POST(self):
        path = self.path.split("?")[0]
        review = json.loads(self.read())
        request = review["request"]
        self.server.note(path, request)
        if path in self.broken:
            return self.answer(*self.broken[path])
        response = {"uid": request["uid"]}
        if path == "/convert":
            try:
                response["convertedObjects"] = [self.converted(o, request["desiredAPIVersion"]) for o in request["objects"]]
                response["result"] = {"status": "Success"}
            except KeyError as error:
                response["result"] = {"status": "Failed", "message": f"no field {error}"}
        else:
            response["allowed"] = True
            getattr(self, path[1:].replace("-", "_"))(request, response)
        self.answer({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})

    @staticmethod
    def converted(before, version):
        """v1 has `text: "hello, world"`; v2 has `greeting` and `subject`."""
        after = copy.deepcopy(before)
        after["apiVersion"] = version
        spec = after["spec"]
        if version.endswith("/v2") and before["apiVersion"].endswith("/v1"):
            spec["greeting"], _, spec["subject"] = spec.pop("text").partition(", ")
        elif version.endswith("/v1") and before["apiVersion"].endswith("/v2"):
            spec["text"] = spec.pop("greeting") + ", " + spec.pop("subject")
        return after

    @staticmethod
    def patch(response, *operations):
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(json.dumps(list(operations)).encode()).decode()

    def mutate_greeting(self, request, response):
        if "subject" not in request["object"]["spec"]:
            self.patch(response, {"op": "add", "path": "/spec/subject", "value": "world"})
        response["auditAnnotations"] = {"seen": "yes"}

    def mutate_pod(self, request, response):
        labels = request["object"]["metadata"].get("labels")
        operations = [] if labels else [{"op": "add", "path": "/metadata/labels", "value": {}}]
        containers = len(request["object"]["spec"]["containers"])
        self.patch(response, *operations, {"op": "add", "path": "/metadata/labels/injected", "value": f"saw-{containers}"})

    def add_sidecar(self, request, response):
        if all(c["name"] != "sidecar" for c in request["object"]["spec"]["containers"]):
            self.patch(response, {"op": "add", "path": "/spec/containers/-",
                                  "value": {"name": "sidecar", "image": "registry.k8s.io/pause:3.9"}})

    def validate_greeting(self, request, response):
        response["warnings"] = [f"{request['operation'].lower()} of {request['name'] or 'something'} was looked at"]
        spec = (request.get("object") or {}).get("spec") or {}
        if spec.get("greeting") == "goodbye":
            response.update(allowed=False, status={"code": 403, "reason": "Forbidden", "message": "greetings do not say goodbye"})

    def validate_scale(self, request, response):
        if request["object"]["spec"]["replicas"] > 3:
            response.update(allowed=False, status={"message": f"{request['subResource']} of more than 3"})


class Metering(Handler):
    """An API server like metrics-server's: discovery, lists, tables, watches, and a connection that leaves HTTP."""
    group = "metering.charts.example"
    usages = {("team", "api"): 7, ("team", "db"): 12, ("other", "web"): 1}
    changes = None

    resources = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metering.charts.example/v1beta1", "resources": [
        {"name": "usages", "singularName": "usage", "namespaced": True, "kind": "Usage", "verbs": ["get", "list", "watch", "create"],
         "shortNames": ["us"], "categories": ["metering"]},
        {"name": "usages/stream", "singularName": "", "namespaced": True, "kind": "Usage", "verbs": ["get"]}]}
    schema = {"openapi": "3.0.0", "info": {"title": "metering", "version": "v1"}, "paths": {
        "/apis/metering.charts.example/v1beta1/namespaces/{namespace}/usages": {"get": {
            "x-kubernetes-action": "list", "responses": {},
            "x-kubernetes-group-version-kind": {"group": "metering.charts.example", "kind": "Usage", "version": "v1beta1"}}}}, "components": {"schemas": {
        "example.charts.Usage": {"type": "object", "description": "How much of something has been used.",
                                 "x-kubernetes-group-version-kind": [{"group": "metering.charts.example", "kind": "Usage", "version": "v1beta1"}],
                                 "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
                                                "amount": {"type": "integer", "description": "In units."}}}}}}

    def usage(self, key):
        return {"apiVersion": f"{self.group}/v1beta1", "kind": "Usage", "amount": self.usages[key],
                "metadata": {"namespace": key[0], "name": key[1], "creationTimestamp": "2026-01-01T00:00:00Z"}}

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.server.note(path, dict(who=self.headers.get("X-Remote-User"), groups=self.headers.get_all("X-Remote-Group"),
                                    extra=self.headers.get("X-Remote-Extra-Scopes"), authorization=self.headers.get("Authorization"),
                                    certificate=self.connection.getpeercert().get("subject"), query=query))
        base = f"/apis/{self.group}/v1beta1"
        if path == base:
            return self.answer(self.resources)
        if path == "/openapi/v3":
            return self.answer({"paths": {base[1:]: {"serverRelativeURL": f"/openapi/v3{base}?hash=1"}}})
        if path == f"/openapi/v3{base}":
            return self.answer(self.schema)
        if not path.startswith(base):
            return self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound",
                                "message": "nothing here"}, 404)
        parts = path[len(base) + 1:].split("/")
        namespace = parts[1] if parts[0] == "namespaces" else None
        rest = parts[2:] if namespace else parts
        if rest == ["usages"] and "watch=" in query:
            return self.watch(namespace)
        if rest == ["usages"]:
            items = [self.usage(key) for key in sorted(self.usages) if namespace in (None, key[0])]
            if "as=Table" in self.headers.get("Accept", ""):
                return self.answer(self.table(items))
            return self.answer({"apiVersion": f"{self.group}/v1beta1", "kind": "UsageList", "metadata": {"resourceVersion": "1"}, "items": items})
        if len(rest) == 3 and rest[2] == "stream":
            return self.stream()
        if len(rest) == 2 and rest[1] == "slow":
            threading.Event().wait(120)
        if len(rest) == 2 and rest[1] == "huge":
            return self.answer(b"x" * (100 << 20))
        if len(rest) == 2 and (namespace, rest[1]) in self.usages:
            usage = self.usage((namespace, rest[1]))
            return self.answer(self.table([usage]) if "as=Table" in self.headers.get("Accept", "") else usage)
        self.answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 404, "reason": "NotFound",
                     "message": f'usages.{self.group} "{rest[-1]}" not found', "details": {"name": rest[-1], "kind": "usages"}}, 404)

    def do_POST(self):
        body = json.loads(self.read())
        self.server.note(self.path, dict(body))
        body["amount"] = body.get("amount", 0) + 1
        self.answer(body, 201)

    @staticmethod
    def table(items):
        rows = [{"cells": [i["metadata"]["name"], i["amount"]], "object": {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
                                                                          "metadata": i["metadata"]}} for i in items]
        return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"}, "rows": rows,
                "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
                                      {"name": "Used", "type": "integer", "format": "", "description": "", "priority": 0}]}

    def watch(self, namespace):
        """Each change when it is made, until the client goes."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in self.changes():
            line = json.dumps(event).encode() + b"\n"
            try:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            except OSError:
                return
        self.wfile.write(b"0\r\n\r\n")

    def stream(self):
        """Sends back what comes, in capitals."""
        if self.headers.get("Upgrade") != "shout":
            return self.answer({"kind": "Status", "message": "another protocol is wanted"}, 400)
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "shout")
        self.end_headers()
        self.wfile.write(b"WELCOME\n")
        self.wfile.flush()
        self.close_connection = True
        while line := self.rfile.readline():
            self.wfile.write(line.upper())
            self.wfile.flush()
            if line == b"bye\n":
                return

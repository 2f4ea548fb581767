#!/usr/bin/env python3
"""The audit log of a server: who has done what, as a policy wants it, whole and in time.

    audit.py --binary .build/release/fairlead
"""
import argparse
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: None
  nonResourceURLs: ["/healthz*", "/readyz*", "/livez*", /version]
- level: None
  users: ["system:serviceaccount:kube-system:serviceaccount-controller"]
- level: Metadata
  resources: [{group: "", resources: [secrets]}]
- level: RequestResponse
  resources: [{group: "", resources: [serviceaccounts/token]}, {group: authentication.k8s.io, resources: [tokenreviews]}]
- level: RequestResponse
  namespaces: [default]
  resources: [{group: "", resources: [configmaps]}]
- level: Request
  resources: [{group: "", resources: [services, "*/binding"]}]
- level: Metadata
"""
ANY = object()


class Audit(Checks):
    def __init__(self, binary):
        super().__init__()
        self.binary = binary

    def request(self, method, path, body=None, token=None, headers=None, kind="application/json", base=None):
        """(status, JSON, headers)."""
        fields = {"Content-Type": kind, "User-Agent": "audit-test", **(headers or {})}
        if token:
            fields["Authorization"] = "Bearer " + token
        data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        question = urllib.request.Request((base or self.server.url) + path, data, fields, method=method)
        try:
            with urllib.request.urlopen(question, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def lines(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log) as file:
            text = file.read()
        self.text = text
        return [json.loads(line) for line in text.splitlines()]

    def event(self, audit_id, stage="ResponseComplete"):
        """The event of a request, once it has been written."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for event in self.lines():
                if event["auditID"] == audit_id and event["stage"] == stage:
                    return event
            time.sleep(0.02)
        return {}

    def holds(self, claim, event, expected):
        found = {key: event.get(key) for key in expected}
        self.check(claim, all(value is ANY and found[key] is not None or found[key] == value for key, value in expected.items()),
                   json.dumps(event))

    def run(self):
        server = Fairlead(self.binary, "--bare")
        folder = server.scratch.name
        self.log = os.path.join(folder, "logs", "audit.log")
        policy, tokens = os.path.join(folder, "policy.yaml"), os.path.join(folder, "tokens")
        with open(tokens, "w") as file:
            file.write('secret-of-alice,alice,1,"devs"\nsecret-of-root,root,2,"system:masters"\n')
        self.bad_policies(policy)
        with open(policy, "w") as file:
            file.write(POLICY)
        server.flags += ["--audit-log-path", self.log, "--audit-policy-file", policy, "--token-auth-file", tokens]
        with server:
            self.server = server
            self.metadata()
            self.objects()
            self.secrets_and_tokens()
            self.long_requests()
            self.admission()
            self.components()
            self.whole()
        self.rotation()
        self.disk()

    def bad_policies(self, path):
        head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
        for text, words in ((head + "rules:\n- level: Everything\n", 'rules[0].level: Unsupported value: "Everything"'),
                            (head + "rules:\n- users: [a]\n", "rules[0].level: Required value"),
                            (head + "rules: []\n", "0 rules"),
                            (head + "rules:\n- level: None\n  nonResourceURLs: [healthz]\n", "rules[0].nonResourceURLs[0]"),
                            (head + "rules:\n- level: None\n  omitStages: [Late]\n", "rules[0].omitStages[0]"),
                            (head + "rules:\n- level: None\n  resource: []\n", "rules[0].resource"),
                            ("kind: Policy\nrules:\n- level: None\n", "unknown group version field"), ("a: [", "policy.yaml")):
            with open(path, "w") as file:
                file.write(text)
            done = subprocess.run([self.binary, "serve", "--listen", "127.0.0.1:0", "--tls-listen", "none", "--dns-listen", "none", "--bare",
                                   "--data", ":memory:", "--audit-log-path", "-", "--audit-policy-file", path],
                                  capture_output=True, text=True, timeout=60)
            self.check(f"a bad policy says where it is wrong: {words}", done.returncode != 0 and words in done.stderr, done.stderr)

    def metadata(self):
        status, _, headers = self.request("GET", "/api/v1/namespaces/default/pods?limit=5", token="secret-of-root",
                                          headers={"X-Forwarded-For": "203.0.113.9, nonsense"})
        event = self.event(headers["Audit-Id"])
        self.holds("a list: who, what, from where, and that nobody forbade it", event, {
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "verb": "list",
            "requestURI": "/api/v1/namespaces/default/pods?limit=5", "userAgent": "audit-test",
            "user": {"username": "root", "uid": "2", "groups": ["system:masters", "system:authenticated"]},
            "sourceIPs": ["203.0.113.9", "127.0.0.1"], "responseStatus": {"metadata": {}, "code": 200},
            "objectRef": {"resource": "pods", "namespace": "default", "apiVersion": "v1"}, "requestReceivedTimestamp": ANY,
            "stageTimestamp": ANY, "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""}})
        _, _, headers = self.request("DELETE", "/api/v1/namespaces/default/pods/none", token="secret-of-alice")
        event = self.event(headers["Audit-Id"])
        self.holds("a refusal", event, {"verb": "delete", "objectRef": {
            "resource": "pods", "namespace": "default", "name": "none", "apiVersion": "v1"}})
        status, annotations = event.get("responseStatus", {}), event.get("annotations", {})
        self.check("and why", (status.get("code"), status.get("reason"), status.get("status")) == (403, "Forbidden", "Failure")
                   and annotations.get("authorization.k8s.io/decision") == "forbid", event)
        _, _, headers = self.request("GET", "/api/v1/namespaces", token="wrong")
        event = self.event(headers["Audit-Id"], "ResponseStarted")
        self.holds("credentials that are not valid", event, {"user": {}, "responseStatus": {
            "metadata": {}, "message": "Authentication failed, attempted: bearer", "code": 401}})
        _, _, headers = self.request("GET", "/api/v1/namespaces", headers={"Impersonate-User": "alice", "Impersonate-Group": "devs"})
        event = self.event(headers["Audit-Id"])
        self.check("impersonation: both users", event["user"]["username"] == "system:unsecured"
                   and event["impersonatedUser"]["username"] == "alice" and event["responseStatus"]["code"] == 403, event)
        self.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"name": "viewers"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}]})
        _, _, headers = self.request("GET", "/api/v1/namespaces", token="secret-of-alice")
        event = self.event(headers["Audit-Id"])
        self.check("which binding allowed it", event["annotations"]["authorization.k8s.io/reason"]
                   == 'RBAC: allowed by ClusterRoleBinding "viewers" of ClusterRole "view" to User "alice"', event)
        _, _, headers = self.request("GET", "/apis", token="secret-of-root")
        self.holds("other paths", self.event(headers["Audit-Id"]), {"verb": "get", "requestURI": "/apis", "objectRef": None})
        _, _, headers = self.request("GET", "/api/v1/nodes", token="secret-of-root", headers={"Audit-Id": "my-own-id"})
        self.check("a client may name its request", headers["Audit-Id"] == "my-own-id" and self.event("my-own-id"), headers["Audit-Id"])

    def objects(self):
        path = "/api/v1/namespaces/default/configmaps"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}
        _, answer, headers = self.request("POST", path, body)
        event = self.event(headers["Audit-Id"])
        self.check("RequestResponse: what was sent", event.get("requestObject") == body, event)
        self.check("and answered, without managed fields", event.get("responseObject", {}).get("data") == {"k": "v"}
                   and "managedFields" not in event["responseObject"]["metadata"]
                   and event["responseObject"]["metadata"]["uid"] == json.loads(answer)["metadata"]["uid"], event)
        self.check("the object's name, which is not in the path", event["objectRef"]["name"] == "a", event)
        _, _, headers = self.request("PUT", path + "/a", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: w}\n",
                                     kind="application/yaml", headers={"Accept": "application/yaml"})
        event = self.event(headers["Audit-Id"])
        self.check("YAML becomes JSON", (event["requestObject"]["data"], event["responseObject"]["data"]) == ({"k": "w"}, {"k": "w"}), event)
        _, _, headers = self.request("PATCH", path + "/a", {"data": {"p": "q"}}, kind="application/merge-patch+json")
        event = self.event(headers["Audit-Id"])
        self.check("a patch is what was sent", event["verb"] == "patch" and event["requestObject"] == {"data": {"p": "q"}}, event)
        _, _, headers = self.request("GET", path + "/a", headers={"Accept": "application/vnd.kubernetes.protobuf"})
        event = self.event(headers["Audit-Id"])
        self.check("protobuf becomes JSON", event.get("responseObject", {}).get("data") == {"k": "w", "p": "q"}, event)
        _, _, headers = self.request("POST", "/api/v1/namespaces/default/services",
                                     {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})
        event = self.event(headers["Audit-Id"])
        self.check("Request: only what was sent", event["requestObject"]["spec"] == {"ports": [{"port": 80}]}
                   and "responseObject" not in event, event)
        _, _, headers = self.request("POST", path, {"metadata": {"name": "Wrong!"}})
        event = self.event(headers["Audit-Id"])
        self.check("what is not valid", event["responseStatus"]["reason"] == "Invalid" and event["responseStatus"]["code"] == 422
                   and event["responseObject"]["kind"] == "Status", event)
        _, _, headers = self.request("POST", path, b"{ this is no object")
        event = self.event(headers["Audit-Id"])
        self.check("a body that cannot be read is left out", event["responseStatus"]["code"] == 400 and "requestObject" not in event, event)
        _, _, headers = self.request("DELETE", path + "/a")
        event = self.event(headers["Audit-Id"])
        self.check("a deletion", event["responseStatus"]["status"] == "Success" and event["responseStatus"]["details"]["name"] == "a", event)

    def secrets_and_tokens(self):
        path = "/api/v1/namespaces/default/secrets"
        self.request("POST", path, {"metadata": {"name": "s"}, "stringData": {"k": "hidden-value-1"}})
        self.request("PATCH", path + "/s", {"stringData": {"k": "hidden-value-2"}}, kind="application/merge-patch+json")
        _, _, headers = self.request("GET", path + "/s")
        event = self.event(headers["Audit-Id"])
        self.check("Secrets at the level Metadata", event["level"] == "Metadata" and event["objectRef"]["name"] == "s", event)
        self.lines()
        import base64
        spellings = ["hidden-value"] + [base64.b64encode(f"hidden-value-{n}".encode()).decode() for n in (1, 2)]
        self.check("nothing of them is in the log", not any(word in self.text for word in spellings))
        self.request("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "robot"}})
        status, answer, headers = self.request("POST", "/api/v1/namespaces/default/serviceaccounts/robot/token", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
        token = json.loads(answer)["status"]["token"]
        event = self.event(headers["Audit-Id"])
        self.check("a TokenRequest is written without its token", status == 201 and event["objectRef"]["subresource"] == "token"
                   and "expirationTimestamp" in event["responseObject"]["status"] and "token" not in event["responseObject"]["status"], event)
        _, _, headers = self.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}})
        event = self.event(headers["Audit-Id"])
        self.check("and so is a TokenReview", event["responseObject"]["status"]["authenticated"] is True
                   and "token" not in event["requestObject"]["spec"], event)
        self.request("GET", "/api/v1/namespaces", token=token)
        self.request("GET", "/api/v1/namespaces", token="secret-of-root")
        self.lines()
        self.check("no token is in the log", token not in self.text and "secret-of" not in self.text)

    def long_requests(self):
        _, _, headers = self.request("GET", "/api/v1/namespaces?watch=1&timeoutSeconds=1")
        started = self.event(headers["Audit-Id"], "ResponseStarted")
        self.holds("a watch: that it has begun", started, {"verb": "watch", "responseStatus": {"metadata": {}, "code": 200}})
        ended = self.event(headers["Audit-Id"])
        self.check("and that it has ended", ended.get("stageTimestamp", "") > started["stageTimestamp"], ended)
        client = subprocess.Popen(["curl", "-sN", "-D", "-", self.server.url + "/api/v1/namespaces?watch=1"], stdout=subprocess.PIPE,
                                  text=True)
        audit_id = ""
        for line in client.stdout:
            name, _, value = line.strip().partition(": ")
            if name.lower() == "audit-id":
                audit_id = value
                break
        client.kill()
        client.wait()
        self.check("also when its client has gone", self.event(audit_id).get("verb") == "watch", audit_id)

    def admission(self):
        for method, path, body in (
                ("POST", "/api/v1/namespaces", {"metadata": {"name": "strict", "labels": {
                    "pod-security.kubernetes.io/audit": "restricted"}}}),
                ("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": {
                    "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                                                            "operations": ["CREATE"]}]},
                    "validations": [{"expression": "has(object.data)", "message": "data is wanted"}],
                    "auditAnnotations": [{"key": "who", "valueExpression": "'by ' + request.userInfo.username"}]}}),
                ("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings", {"metadata": {"name": "p"}, "spec": {
                    "policyName": "p", "validationActions": ["Audit"], "matchResources": {"namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "strict"}}}}})):
            status, answer, _ = self.request(method, path, body)
            self.check(f"{path.rsplit('/', 1)[1]} for admission", status == 201, answer)
        _, _, headers = self.request("POST", "/api/v1/namespaces/strict/configmaps", {"metadata": {"name": "c"}})
        annotations = self.event(headers["Audit-Id"])["annotations"]
        failure = json.loads(annotations.get("validation.policy.admission.k8s.io/validation_failure", "[{}]"))
        self.check("what a policy finds", failure[0].get("message") == "data is wanted" and failure[0].get("policy") == "p", annotations)
        self.check("and what it notes", annotations.get("p/who") == "by system:unsecured", annotations)
        self.request("POST", "/api/v1/namespaces/strict/serviceaccounts", {"metadata": {"name": "default"}})
        _, _, headers = self.request("POST", "/api/v1/namespaces/strict/pods", {"metadata": {"name": "x"}, "spec": {
            "containers": [{"name": "c", "image": "c"}]}})
        annotations = self.event(headers["Audit-Id"])["annotations"]
        self.check("what PodSecurity finds", "would violate PodSecurity" in annotations.get("pod-security.kubernetes.io/audit-violations", ""),
                   annotations)

    def components(self):
        """Controllers are users like others."""
        labels = {"app": "web"}
        self.request("POST", "/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "web"}, "spec": {
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "containers": [{"name": "c", "image": "c"}]}}}})
        name = "system:serviceaccount:kube-system:deployment-controller"
        found, end = [], time.monotonic() + 30
        while not found and time.monotonic() < end:
            found = [event for event in self.lines() if event["user"].get("username") == name and event["verb"] == "create"]
            time.sleep(0.05)
        self.check("the ReplicaSet was created by the deployment controller", found and found[0]["objectRef"]["resource"] == "replicasets"
                   and found[0]["requestURI"] == "/apis/apps/v1/namespaces/default/replicasets" and found[0]["responseStatus"]["code"] == 201,
                   found[:1])
        silent = "system:serviceaccount:kube-system:serviceaccount-controller"
        self.check("and what the policy leaves out is not there", not [event for event in self.lines() if event["user"].get("username") == silent])
        _, _, headers = self.request("GET", "/readyz")
        self.request("GET", "/api/v1/nodes", headers={"Audit-Id": "after-readyz"})
        self.event("after-readyz")
        self.check("neither are health checks", not [event for event in self.lines() if event["auditID"] == headers["Audit-Id"]])
        metrics = self.server.get("/metrics")
        self.check("events are counted", any(line.startswith("apiserver_audit_event_total ") and float(line.split()[1]) > 10
                                             for line in metrics.splitlines()), "")

    def whole(self):
        """Everything that was answered is in the log after a clean end."""
        ids = [f"burst-{n}" for n in range(500)]
        for audit_id in ids:
            self.request("GET", "/api/v1/namespaces/default", headers={"Audit-Id": audit_id})
        self.server.stop()
        written = {event["auditID"] for event in self.lines()}
        self.check("no line is lost at a clean end", written.issuperset(ids), sorted(set(ids) - written)[:5])
        self.check("the log is for its owner only", os.stat(self.log).st_mode & 0o777 == 0o600, oct(os.stat(self.log).st_mode))

    def rotation(self):
        server = Fairlead(self.binary, "--bare")
        folder = os.path.join(server.scratch.name, "logs")
        self.log = os.path.join(folder, "audit.log")
        policy = os.path.join(server.scratch.name, "policy.yaml")
        with open(policy, "w") as file:
            file.write("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- {level: Request, resources: [{group: '', resources: [configmaps]}]}\n")
        server.flags += ["--audit-log", self.log, "--audit-policy-file", policy, "--audit-log-maxsize", "1", "--audit-log-maxbackup", "2"]
        with server:
            self.server = server
            for number in range(25):
                self.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": f"c{number}"}, "data": {"a": "x" * 200_000}})
            server.stop()
            names = sorted(os.listdir(folder))
            self.check("logs that are too large are renamed, and two are kept", len(names) == 3 and names[-1] == "audit.log"
                       and all(name.startswith("audit-20") for name in names[:2]), names)
            sizes = [os.path.getsize(os.path.join(folder, name)) for name in names]
            self.check("none is larger than 1 MB", all(size <= 1 << 20 for size in sizes), sizes)
            lines = [json.loads(line) for name in names for line in open(os.path.join(folder, name))]
            self.check("and no line is torn", len(lines) >= 10 and all(line["kind"] == "Event" for line in lines), len(lines))

    def disk(self):
        """A file that takes nothing."""
        if not os.path.exists("/dev/full"):
            print("SKIPPED a full disk: there is no /dev/full")
            return
        for mode, wanted in (("batch", 200), ("blocking-strict", 500)):
            server = Fairlead(self.binary, "--bare", "--audit-log-path", "/dev/full", "--audit-log-mode", mode)
            with server:
                self.server = server
                codes = set()
                connection = http_connection(server.url)
                for _ in range(11_000):
                    connection.request("GET", "/api/v1/namespaces/default")
                    answer = connection.getresponse()
                    answer.read()
                    codes.add(answer.status)
                    if codes == {200, 500}:
                        break
                self.check(f"a full disk, {mode}: requests are " + ("answered" if wanted == 200 else "refused when too many events wait"),
                           codes == ({200} if wanted == 200 else {200, 500}), codes)
                log = open(server.log.name).read()
                self.check("one line of the server's log says so", log.count("audit log cannot be written") == 1, log[-2000:])
                self.check("it ends all the same", server.stop() < 10)


def http_connection(url):
    import http.client
    return http.client.HTTPConnection(url.split("//")[1], timeout=30)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    test = Audit(parser.parse_args().binary)
    test.run()
    return test.finish()


if __name__ == "__main__":
    sys.exit(main())

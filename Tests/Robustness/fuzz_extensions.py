#!/usr/bin/env python3
"""Sends made-up expressions and schemas, and lets webhooks answer nonsense, while a well-behaved client works beside them.

    fuzz_extensions.py --binary .build/release/fairlead [--part NAME] [--seconds 20] [--seed N] [--save FILE]

The parts: `expressions` (rules of definitions, policies, match conditions), `schemas` (definitions, and objects of those that
are taken), `admission` and `conversion` (answers of webhooks). For each, the kept cases of corpus/extensions come first. Every
request must be answered in time (with a Status if it is refused), the process must stay up, its memory must stay bounded and
the well-behaved client must be served. What breaks one of these is printed, and written to the file named by --save in the form
of the corpus. The same seed gives the same cases.
"""
import argparse
import base64
import collections
import glob
import json
import os
import random
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from fuzz import MEMORY, Onlooker, Wire, at  # noqa: E402
from fuzz_requests import JSON, Mutator, Request  # noqa: E402

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ADMISSION = "/apis/admissionregistration.k8s.io/v1/"
PARTS = ["expressions", "schemas", "admission", "conversion"]


class Authority:
    """A certificate for webhook servers, and whom to trust."""

    def __init__(self, folder):
        name = lambda part: os.path.join(folder, part)  # noqa: E731
        run = lambda *command: subprocess.run(["openssl", *command], check=True, capture_output=True)  # noqa: E731
        key = ["-newkey", "rsa:2048", "-nodes"]
        run("req", "-x509", *key, "-days", "2", "-subj", "/CN=fuzz-ca", "-keyout", name("ca.key"), "-out", name("ca.crt"))
        run("req", *key, "-subj", "/CN=fuzz", "-keyout", name("key"), "-out", name("csr"))
        with open(name("ext"), "w") as file:
            file.write("subjectAltName=IP:127.0.0.1\n")
        run("x509", "-req", "-in", name("csr"), "-CA", name("ca.crt"), "-CAkey", name("ca.key"), "-CAcreateserial", "-days", "2",
            "-extfile", name("ext"), "-out", name("crt"))
        self.certificate, self.key = name("crt"), name("key")
        with open(name("ca.crt"), "rb") as file:
            self.bundle = base64.b64encode(file.read()).decode()


class Hook(socketserver.ThreadingTCPServer):
    """Answers each request with what `answer` makes of it: the bytes of a whole HTTP answer, or None to close."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, authority):
        super().__init__(("127.0.0.1", 0), HookHandler)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(authority.certificate, authority.key)
        self.answer = None
        self.calls = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"https://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, *_):
        pass  # clients go away from what they cannot read


class HookHandler(socketserver.BaseRequestHandler):
    def handle(self):
        stream = self.server.tls.wrap_socket(self.request, server_side=True)
        stream.settimeout(30)
        file = stream.makefile("rb")
        while line := file.readline():
            length = 0
            while (field := file.readline()) not in (b"\r\n", b""):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            body = file.read(length)
            self.server.calls += 1
            answer, keeps = self.server.answer(line, body)
            stream.sendall(answer)
            if not keeps:
                stream.shutdown(socket.SHUT_RDWR)
                return


class Answers:
    """What a webhook answers: kept nonsense, then a good answer damaged as a tree, as bytes, or as HTTP."""

    def __init__(self, mutator, numbers, good):
        self.mutator, self.random, self.good = mutator, numbers, good
        self.case = None

    def next(self, kept=None):
        """Chooses how the next requests are answered; returns it in the form of the corpus."""
        r = self.random
        self.case = kept or {"seed": r.randrange(1 << 48), "way": r.choices(["tree", "bytes", "http"], [6, 2, 2])[0]}
        return self.case

    def answer(self, line, body):
        case = self.case or {"way": "good"}
        review = self.good(json.loads(body))
        if "text" in case:
            uid = review["response"]["uid"]
            return self.http(case["text"].replace("$uid", uid).encode("utf-8", "surrogatepass"), case.get("head")), False
        numbers = random.Random(case.get("seed"))
        self.mutator.random = numbers
        text = json.dumps(review).encode()
        if case["way"] == "tree":
            text = json.dumps(self.mutator.tree(review)).encode("utf-8", "surrogatepass")
        elif case["way"] == "bytes":
            text = self.mutator.bytes(text)
        elif case["way"] == "http":
            return self.broken(numbers, text), False
        return self.http(text), True

    @staticmethod
    def http(text, head=None):
        return (head or "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n").encode() + b"Content-Length: %d\r\n\r\n" % len(text) + text

    def broken(self, r, text):
        choice = r.randrange(12)
        whole = self.http(text)
        if choice == 0:
            return whole[:r.randrange(len(whole))]
        if choice == 1:
            return self.http(text, f"HTTP/1.1 {r.choice([201, 204, 301, 302, 400, 401, 404, 500, 503, 999])} X\r\nLocation: https://127.0.0.1:1/\r\n")
        if choice == 2:
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + r.choice([b"zz\r\n", b"ffffffffffffffff\r\n", b"-1\r\n", b"5\r\nab"])
        if choice == 3:
            return b"HTTP/1.1 200 OK\r\nContent-Length: " + r.choice([b"-1", b"9" * 30, b"1e3", b"10, 20", b""]) + b"\r\n\r\n" + text
        if choice == 4:
            return self.http(b" " * r.choice([1 << 20, 4 << 20]) + text)
        if choice == 5:
            return self.http(b"[" * 100_000)
        if choice == 6:
            return b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * r.choice([1, 100, 20_000]) + b"\r\n"
        if choice == 7:
            return self.http(text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")
        if choice == 8:
            return b"\x00\xff" * 500
        if choice == 9:
            return b"HTTP/1.1 100 Continue\r\n\r\n" * r.choice([1, 1000]) + whole
        if choice == 10:
            time.sleep(1.5)  # longer than the webhook has
            return whole
        return whole + whole  # an answer that nobody asked for


class Expressions:
    """Sources of expressions: those of the table of unit tests, put together and damaged."""

    WORDS = ["self", "oldSelf", "self.s", "self.i", "self.l", "self.m", "object", "request", "authorizer", "variables.x", "true", "null",
             "1", "-9223372036854775808", "18446744073709551615u", "1.5", "'a'", "b'x'", "[1, 2]", "{'a': 1}", "x", "optional.none()"]
    FORMS = ["({} + {})", "({} == {})", "({} in {})", "!{}", "({} ? {} : {})", "{}.all(x, {})", "{}.map(x, {})", "{}.filter(x, {})",
             "{}[{}]", "has({}.a)", "size({})", "{}.matches({})", "dyn({})", "[{}, {}]", "{{{}: {}}}", "{}.format([{}])", "{}.?a.orValue({})",
             "quantity({})", "ip({})", "cidr({}).containsIP({})", "timestamp({})", "duration({})", "{}.replace({}, {})", "{}.split({}).join({})",
             "{}.transformMap(k, v, {})", "({} && {} || {})", "url({}).getQuery()", "semver({})", "sets.contains({}, {})", "type({})"]

    def __init__(self, mutator):
        self.mutator = mutator
        self.known = []
        table = os.path.join(HERE, "..", "FairleadExpressionsTests", "Table", "*.swift")
        for file in sorted(glob.glob(table)):
            with open(file) as lines:
                self.known += [line.strip().split(" => ")[0] for line in lines if " => " in line]

    def make(self, r, depth=4):
        if depth == 0 or r.random() < 0.2:
            return r.choice(self.WORDS)
        if r.random() < 0.15:
            return "(" + r.choice(self.known) + ")"
        form = r.choice(self.FORMS)
        return form.format(*(self.make(r, depth - 1) for _ in range(form.replace("{{", "").count("{}"))))

    def source(self, r):
        text = self.make(r) if r.random() < 0.5 else r.choice(self.known)
        if r.random() < 0.5:  # more of them are rules
            text = f"dyn({text}) == dyn({r.choice(self.known)})"
        if r.random() < 0.15:
            text = r.choice(["!", "-", "(", "[", "{'a':", "self.", "1+", "true?", "[1].all(x,"]) * r.choice([3, 300, 20_000]) + text
        if r.random() < 0.4:
            self.mutator.random = r
            text = self.mutator.bytes(text.encode()).decode("utf-8", "replace")
        return text[:120_000]


def definition(name, schema, versions=None, **spec):
    served = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{name}.fuzz.example"},
            "spec": {"group": "fuzz.example", "scope": "Namespaced", "versions": versions or served,
                     "names": {"plural": name, "singular": name[:-1], "kind": name[:-1].capitalize()}, **spec}}


SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-validations": [], "properties": {
    "s": {"type": "string", "maxLength": 20}, "i": {"type": "integer", "default": 1, "minimum": 0},
    "l": {"type": "array", "maxItems": 5, "items": {"type": "string", "pattern": "^[a-z]*$"}, "x-kubernetes-list-type": "set"},
    "m": {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "integer"}},
    "o": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}, "x": {"x-kubernetes-int-or-string": True},
    "e": {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
    "p": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {
        "type": "object", "required": ["k"], "properties": {"k": {"type": "string", "default": "a"}, "v": {"type": "number"}}}},
    "n": {"type": "string", "nullable": True, "enum": ["a", "b"], "format": "date-time"}}}}}
SPEC = {"s": "a", "i": 1, "l": ["a"], "m": {"a": 1}, "o": {"b": [1]}, "x": "1", "e": {"apiVersion": "v1", "kind": "Pod"},
        "p": [{"k": "a", "v": 1.5}], "n": "2026-01-01T00:00:00Z"}
SCHEMA_WORDS = ["type", "properties", "items", "additionalProperties", "default", "enum", "pattern", "format", "allOf", "anyOf", "oneOf", "not",
                "nullable", "required", "maxItems", "minimum", "multipleOf", "uniqueItems", "x-kubernetes-validations", "rule", "$ref",
                "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
                "x-kubernetes-list-map-keys", "x-kubernetes-embedded-resource", "messageExpression", "fieldPath", "optionalOldSelf"]


class Fuzz:
    def __init__(self, server, checks, args, part):
        self.server, self.checks, self.args, self.part = server, checks, args, part
        self.numbers = random.Random(f"{args.seed} {part}")
        self.mutator = Mutator(None, self.numbers)
        self.expressions = Expressions(self.mutator)
        self.wire = Wire(server.url)
        self.statuses = collections.Counter()
        self.harm = []
        self.peak = 0

    def ask(self, method, path, body=None, kind=JSON):
        """(status, JSON of the answer); harm is noted with the case that it comes from."""
        text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
        wrong, status, answer = None, 0, None
        try:
            status, _, data = self.wire.send(Request(method, path, [("Content-Type", kind)], text))
            if status == 404 and data.startswith(b"404 page not found"):
                data = b'{"kind":"Status"}'  # of a path that is not served (any more), as Kubernetes says it
            answer = json.loads(data) if data else None
            if status >= 400 and (not isinstance(answer, dict) or answer.get("kind") != "Status"):
                wrong = f"{status} without a Status: {data[:200]!r}"
            # Kubernetes, too, answers one refusal with 500.
            named = b"resourceVersion should not be set on objects to be created" in data
            if status == 500 and not named and self.part in ("expressions", "schemas"):
                wrong = f"an internal error: {data[:300]!r}"
        except TimeoutError:
            self.wire.close()
            wrong = "no answer in time"
        except ValueError as error:
            wrong = f"an answer that is no JSON ({error})"
        except OSError as error:
            self.wire.close()
            wrong = f"no connection: {error}"
        if self.server.process.poll() is not None:
            wrong = f"the process ended ({self.server.process.returncode})"
        self.statuses[status] += 1
        if wrong:
            self.harm.append((f"{method} {path}: {wrong}", self.case))
        return status, answer

    def must(self, method, path, body, kind=JSON):
        status, answer = self.ask(method, path, body, kind)
        if status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    # The parts: what is set up, and what is done with one case.

    def setup(self, authority):
        self.case = {"part": self.part}
        self.must("POST", "/api/v1/namespaces", {"metadata": {"name": f"fuzz-{self.part}", "labels": {"fuzz": self.part}}})
        self.objects = f"/apis/fuzz.example/v1/namespaces/fuzz-{self.part}/{self.part[:-1]}s"
        if self.part not in ("admission", "conversion"):
            return
        self.hook = Hook(authority)
        good = self.allowed if self.part == "admission" else self.converted
        self.answers = Answers(self.mutator, self.numbers, good)
        self.hook.answer = self.answers.answer
        config = {"url": self.hook.url(), "caBundle": authority.bundle}
        if self.part == "admission":
            for kind, name in [("MutatingWebhookConfiguration", "mutate"), ("ValidatingWebhookConfiguration", "validate")]:
                hook = {"name": f"{name}.fuzz.example", "clientConfig": config, "sideEffects": "None", "admissionReviewVersions": ["v1"],
                        "timeoutSeconds": 1, "namespaceSelector": {"matchLabels": {"fuzz": self.part}},
                        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}]}
                self.must("POST", ADMISSION + kind.lower() + "s", {"kind": kind, "apiVersion": "admissionregistration.k8s.io/v1",
                                                                   "metadata": {"name": name}, "webhooks": [hook]})
        else:
            schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
            versions = [{"name": f"v{n}", "served": True, "storage": n == 1, "schema": schema} for n in (1, 2)]
            self.must("POST", DEFINITIONS, definition("conversions", None, versions, conversion={
                "strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": config}}))
            time.sleep(1)
            self.objects = "/apis/fuzz.example/v1/namespaces/fuzz-conversion/conversions"
            self.must("POST", self.objects, {"apiVersion": "fuzz.example/v1", "kind": "Conversion", "metadata": {"name": "a"}, "spec": {"a": 1}})

    @staticmethod
    def allowed(review):
        patch = [{"op": "add", "path": "/data/b", "value": "2"}, {"op": "test", "path": "/data/b", "value": "2"}]
        return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
            "uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "warnings": ["w"], "auditAnnotations": {"k": "v"},
            "patch": base64.b64encode(json.dumps(patch).encode()).decode(), "status": {"code": 403, "message": "m", "reason": "Forbidden"}}}

    @staticmethod
    def converted(review):
        request = review["request"]
        objects = [dict(item, apiVersion=request["desiredAPIVersion"]) for item in request["objects"]]
        return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": {
            "uid": request["uid"], "result": {"status": "Success", "message": ""}, "convertedObjects": objects}}

    def expression(self, case):
        text = case.get("text") or self.expressions.source(self.numbers)
        self.case = {"part": self.part, "text": text}
        schema = json.loads(json.dumps(SCHEMA))
        rule = {"rule": text, "message": "no", "optionalOldSelf": True} if self.numbers.random() < 0.2 else {"rule": text}
        if self.numbers.random() < 0.2:
            rule["messageExpression"] = self.expressions.source(self.numbers)
        schema["properties"]["spec"]["x-kubernetes-validations"] = [rule]
        status, _ = self.ask("POST", DEFINITIONS + "?dryRun=All", definition("expressions", schema))
        if status == 201:
            self.use(definition("expressions", schema))
        policy = {"kind": "ValidatingAdmissionPolicy", "apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "p"}, "spec": {
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}]},
            "variables": [{"name": "x", "expression": text}], "validations": [{"expression": text, "messageExpression": text}]}}
        self.ask("POST", ADMISSION + "validatingadmissionpolicies?dryRun=All", policy)

    def use(self, made):
        """A definition that is taken is used: objects of it are created and changed."""
        path = f"{DEFINITIONS}/{made['metadata']['name']}"
        if self.ask("POST", DEFINITIONS, made)[0] != 201:
            return
        kind = made["spec"]["names"]["kind"]
        for _ in range(40):  # it is served as soon as it is established
            if self.ask("GET", self.objects + "?limit=1")[0] != 404:
                break
            time.sleep(0.05)
        for number in range(3):
            self.mutator.random = self.numbers
            spec = SPEC if number == 0 else self.mutator.tree(SPEC)
            body = {"apiVersion": "fuzz.example/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
            self.ask("POST", self.objects, body)
            self.ask("PATCH", self.objects + "/a", {"spec": self.mutator.tree(SPEC)}, "application/merge-patch+json")
        self.ask("DELETE", path)

    def schema(self, case):
        made = case.get("body")
        if made is None:
            made = definition("schemas", SCHEMA)
            self.mutator.random = self.numbers
            inner = made["spec"]["versions"][0]["schema"]
            for _ in range(self.numbers.choice([1, 2, 4])):
                if self.numbers.random() < 0.3:
                    inner["openAPIV3Schema"] = self.mutator.tree(inner["openAPIV3Schema"])
                inner["openAPIV3Schema"] = self.graft(inner["openAPIV3Schema"])
            if self.numbers.random() < 0.1:
                made = self.mutator.tree(made)
        self.case = {"part": self.part, "body": made}
        status, _ = self.ask("POST", DEFINITIONS + "?dryRun=All", made)
        if status == 201 and made.get("metadata", {}).get("name") == "schemas.fuzz.example":
            self.use(made)

    def graft(self, schema):
        """Puts a word of schemas somewhere."""
        r, place = self.numbers, schema
        for _ in range(r.randrange(5)):
            inner = [value for value in place.values() if isinstance(value, dict)] if isinstance(place, dict) else []
            if not inner:
                break
            place = r.choice(inner)
        if isinstance(place, dict):
            some = {"type": r.choice(["string", "integer", "array", "object", "number", "boolean"])}
            place[r.choice(SCHEMA_WORDS)] = r.choice([some, [some], True, 1, "set", "map", "a", ["a"], [{"rule": "self == oldSelf"}], {"a": some}, -1, 1.5])
        return schema

    def admission(self, case):
        self.case = {"part": self.part, **self.answers.next(case or None)}
        path = f"/api/v1/namespaces/fuzz-{self.part}/configmaps"
        self.ask("POST", path, {"metadata": {"name": "a"}, "data": {"a": "1"}})
        self.ask("DELETE", path + "/a")

    def conversion(self, case):
        self.case = {"part": self.part, **self.answers.next(case or None)}
        other = self.objects.replace("/v1/", "/v2/")
        choice = self.numbers.randrange(4)
        if choice == 0:
            self.ask("GET", other)
        elif choice == 1:
            self.ask("PATCH", other + "/a", {"spec": {"b": 1}}, "application/merge-patch+json")
        elif choice == 2:
            self.ask("POST", other, {"apiVersion": "fuzz.example/v2", "kind": "Conversion", "metadata": {"name": "b"}})
            self.ask("DELETE", self.objects + "/b")
        else:
            self.ask("GET", other + "/a")

    def run(self, authority):
        self.setup(authority)
        do = {"expressions": self.expression, "schemas": self.schema, "admission": self.admission, "conversion": self.conversion}[self.part]
        kept = [case for case in corpus() if case["part"] == self.part]
        for case in kept:
            do({key: value for key, value in case.items() if key != "part"})
        self.checks.check(f"{self.part}: the {len(kept)} kept cases do no harm", not self.harm, self.tell())
        onlooker = Onlooker(self.server.url)
        onlooker.start()
        end, count = time.monotonic() + self.args.seconds, 0
        while time.monotonic() < end and len(self.harm) < 10 and self.server.process.poll() is None:
            do({})
            count += 1
            if count % 20 == 0:
                self.peak = max(self.peak, self.resident())
        times = onlooker.stop()
        self.wire.close()
        print(f"     {self.part}: seed {self.args.seed}, {count} cases in {self.args.seconds:.0f} s; answers {dict(sorted(self.statuses.items()))}; "
              f"at most {self.peak // 1024} MiB; well-behaved client: p99 {at(times, .99) * 1000:.1f} ms")
        check = self.checks.check
        check(f"{self.part}: every request was answered properly", not self.harm, self.tell())
        check(f"{self.part}: memory stayed bounded", self.peak < MEMORY, f"{self.peak // 1024} MiB")
        check(f"{self.part}: the well-behaved client got what it asked for", not onlooker.troubles, onlooker.troubles[:5])
        check(f"{self.part}: and in good time", at(times, .99) < 1 and at(times, 1) < 5, f"p99 {at(times, .99):.3f} s, most {at(times, 1):.3f} s")
        check(f"{self.part}: some was taken, some refused", self.statuses[200] + self.statuses[201] > 0 and sum(self.statuses[c] for c in (400, 403, 422, 500)) > 0)

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def tell(self):
        if self.args.save and self.harm:
            with open(self.args.save, "a") as file:
                file.write("".join(json.dumps(case) + "\n" for _, case in self.harm))
        return "\n     ".join(f"{wrong}\n     {json.dumps(case)[:600]}" for wrong, case in self.harm[:5])


def corpus():
    cases = []
    for name in sorted(glob.glob(os.path.join(HERE, "corpus", "extensions", "*.jsonl"))):
        with open(name) as lines:
            cases += [json.loads(line) for line in lines if line.strip()]
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--part", choices=PARTS, help="only this one")
    parser.add_argument("--seconds", type=float, default=20, help="for each part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save")
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary, "--bare") as server:
        authority = Authority(server.scratch.name)
        for part in [args.part] if args.part else PARTS:
            Fuzz(server, checks, args, part).run(authority)
            if not checks.check(f"{part}: the process is the one that was started", server.process.poll() is None, server.process.poll()):
                break
        return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

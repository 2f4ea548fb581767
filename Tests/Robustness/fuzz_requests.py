"""Requests for fuzz.py: the kept corpus, the bodies of the recorded scenarios, and how they are mutated."""
import base64
import glob
import json
import os
import random
import sys
import urllib.parse

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
PATCHES = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
           "application/apply-patch+yaml"]
TYPES = [JSON, YAML, PROTOBUF, *PATCHES, "application/cbor", "application/apply-patch+cbor", "text/plain", "", "application/json;q=x"]
ACCEPTS = [JSON, YAML, PROTOBUF, "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io", "text/html", "",
           "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", PROTOBUF + ";as=Table;v=v1;g=meta.k8s.io",
           "application/json;stream=watch", ";;;,,,=", "application/vnd.kubernetes.protobuf;q=0,*/*;q=1e999"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "FROBNICATE"]
STRINGS = ["", " ", "a" * 300, "\u0000", "\ud83d\ude00", "\u202e", "../..", "%00", "a b", "A", "-", "a.", "0", "true", "null", "1e999",
           "9" * 400, "\r\nX: y", "$patch", "replace", "delete", "10.96.0.1", "::", "999.1.1.1/99", "1Ei", "-1m", "1e", "0x10",
           "2026-13-45T99:99:99Z", "k:{}", "f:", "*/*", "{{", "{\"a\":", "\\", "\u00e9" * 300]
NUMBERS = [0, -1, 1, 2 ** 31, -2 ** 31 - 1, 2 ** 53 + 1, 2 ** 63 - 1, -2 ** 63, 2 ** 63, 2 ** 64, 10 ** 30, 10 ** 400, 1.5, -0.0, 1e308, 5e-324]
KEYS = ["metadata", "name", "namespace", "$patch", "$retainKeys", "$setElementOrder/ports", "$deleteFromPrimitiveList/finalizers", "spec",
        "status", "managedFields", "resourceVersion", "uid", "ownerReferences", "finalizers", "labels", "annotations", "ports", "containers",
        "apiVersion", "kind", "op", "path", "value", "from", "", "a/b", "~1", "\u0000", "replicas", "selector", "generateName"]
QUERIES = ["watch", "resourceVersion", "resourceVersionMatch", "limit", "continue", "labelSelector", "fieldSelector", "timeoutSeconds",
           "allowWatchBookmarks", "sendInitialEvents", "dryRun", "fieldManager", "fieldValidation", "force", "pretty", "propagationPolicy",
           "gracePeriodSeconds", "orphanDependents", "includeObject", "timeout", "follow", "tailLines", "sinceSeconds", "limitBytes"]
VALUES = ["", "1", "0", "-1", "true", "x", "All", "Strict", "Exact", "NotOlderThan", "9" * 30, "a=b", "a in (b,c)", "!a", "a,b,,c", "a in (",
          "metadata.name=x", "metadata.name!=", "%", "\u0000", "a" * 5000, "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", "Orphan", "Foreground",
          "Object", "None", "a>1", "a notin (b)", "(" * 1000, "1,2", "=,==,!="]
SUBRESOURCES = ["status", "scale", "log", "exec", "eviction", "binding", "proxy", "token", "finalize", "attach", "nonsense", "status/x"]
NAMESPACE = "/api/v1/namespaces/default"


class Request:
    def __init__(self, method, path, headers=(), body=b""):
        self.method, self.path, self.headers, self.body = method, path, list(headers), body

    def encoded(self):
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head += f"Content-Length: {len(self.body)}\r\n\r\n"
        return head.encode("utf-8", "surrogateescape") + self.body

    def line(self):
        """As a line of the corpus: one JSON object, the body in base64 unless it is text."""
        record = {"method": self.method, "path": self.path, "headers": self.headers}
        try:
            record["text"] = self.body.decode()
        except UnicodeDecodeError:
            record["bytes"] = base64.b64encode(self.body).decode()
        return json.dumps(record)

    @staticmethod
    def parse(line):
        record = json.loads(line)
        text, repeat = record.get("text"), record.get("repeat", 1)
        body = base64.b64decode(record.get("bytes", "")) if text is None else text.encode()
        return Request(record["method"], record["path"], record.get("headers", []), body * repeat)


class Corpus:
    """Kept requests, and seeds from recorded scenarios: (path, object) of creations, (path, type, patch) of patches."""

    def __init__(self, folder, conformance):
        self.kept = []
        for file in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
            with open(file) as lines:
                self.kept += [Request.parse(line) for line in lines if line.strip()]
        sys.path.insert(0, conformance)
        import k8sproto
        self.protobuf = k8sproto.Codec(os.path.join(conformance, "api-facts.json"))
        self.objects, self.patches = [], []
        for file in sorted(glob.glob(os.path.join(conformance, "scenarios", "*", "*.json"))):
            with open(file) as text:
                steps = json.loads(text.read().replace("${ns}", "default").replace("${id}", "fuzz"))["steps"]
            for step in steps:
                if step.get("do") == "request" and "$" not in step["path"]:
                    self.add(step)

    def add(self, step):
        body, method = step.get("body"), step.get("method")
        if method == "POST" and isinstance(body, dict) and len(json.dumps(body)) < 4000:
            self.objects.append((step["path"], body))
        elif method == "PATCH" and body is not None:
            kind = (step.get("headers") or {}).get("Content-Type", PATCHES[1])
            self.patches.append((step["path"], kind, body))

    @staticmethod
    def setup():
        return [Request("POST", NAMESPACE + "/serviceaccounts", [("Content-Type", JSON)], b'{"metadata":{"name":"default"}}')]

    def collections(self):
        return sorted({path for path, _ in self.objects if "/namespaces/default/" in path and path.count("/") in (5, 6)})


class Mutator:
    def __init__(self, corpus, numbers):
        self.corpus, self.random = corpus, numbers

    @staticmethod
    def plain(method, path):
        return Request(method, path)

    def request(self):
        choose = self.random.random()
        if choose < 0.08 and self.corpus.kept:
            kept = self.random.choice(self.corpus.kept)
            return Request(kept.method, kept.path, kept.headers, self.bytes(kept.body[:20000]))
        if choose < 0.3:
            return self.reading()
        if choose < 0.6:
            return self.patching()
        return self.writing()

    @staticmethod
    def quoted(text, safe=""):
        return urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe=safe)

    def headers(self, kind):
        r = self.random
        headers = [("Content-Type", kind if r.random() < 0.95 else r.choice(TYPES))]
        if r.random() < 0.15:
            headers.append(("Accept", r.choice(ACCEPTS)))
        if r.random() < 0.03:
            headers.append((r.choice(["Accept-Encoding", "User-Agent", "Impersonate-User", "Authorization", "If-Match", "X-Y"]),
                            r.choice(["gzip", "", "a" * 3000, "Bearer x", "\u00e9", "*/*;q=0.5,gzip"])))
        return headers

    def query(self, path, odds):
        r, pairs = self.random, []
        while r.random() < odds and len(pairs) < 6:
            name = r.choice(QUERIES)
            value = r.choice(VALUES) if name not in ("watch", "follow") or r.random() < 0.5 else "1"
            pairs.append(urllib.parse.quote(name) + "=" + self.quoted(value, "=,()" if r.random() < 0.5 else ""))
        names = "".join(pairs)
        if "watch" in names or "follow" in names:
            pairs.append("timeoutSeconds=1")  # the last one does not count: a watch may be ended by its own deadline
            pairs = [p for p in pairs if not p.startswith("timeoutSeconds=") or p == "timeoutSeconds=1"]
            pairs = [p for p in pairs if not p.startswith("follow=")]
        return path + ("?" + "&".join(pairs) if pairs else "")

    def path(self, path):
        r = self.random
        if r.random() < 0.05:
            path += "/" + r.choice(SUBRESOURCES)
        if r.random() < 0.05:
            parts = path.split("/")
            parts[r.randrange(len(parts))] = self.quoted(r.choice(STRINGS + VALUES))
            path = "/".join(parts)
        return path if path.startswith("/") else "/" + path

    def reading(self):
        r = self.random
        path, body = r.choice(self.corpus.objects)
        if r.random() < 0.4:
            path = r.choice(self.corpus.patches)[0].split("?")[0]
        method = r.choice(["GET"] * 8 + METHODS) if r.random() < 0.8 else "DELETE"
        options = b""
        if method == "DELETE" and r.random() < 0.7:
            options = json.dumps(self.tree({"propagationPolicy": r.choice(VALUES), "gracePeriodSeconds": r.choice(NUMBERS),
                                            "preconditions": {"uid": "x", "resourceVersion": "1"}})).encode()
        return Request(method, self.query(self.path(path.split("?")[0]), 0.5), self.headers(JSON), options)

    def patching(self):
        r = self.random
        path, kind, body = r.choice(self.corpus.patches)
        body = self.tree(body) if r.random() < 0.7 else body
        text = json.dumps(body).encode("utf-8", "surrogatepass")
        if r.random() < 0.3:
            text = self.bytes(text)
        if r.random() < 0.1:
            kind = r.choice(PATCHES)
        return Request("PATCH", self.query(self.path(path), 0.1) if "?" not in path else path, self.headers(kind), text)

    def writing(self):
        r = self.random
        path, body = r.choice(self.corpus.objects)
        path = path.split("?")[0]
        if r.random() < 0.3:  # unchanged, so that there is something to patch and to delete
            return Request("POST", path, [("Content-Type", JSON)], json.dumps(body).encode())
        mutated = self.tree(body) if r.random() < 0.8 else body
        kind = r.choices([JSON, YAML, PROTOBUF], [5, 2, 3])[0]
        if kind == PROTOBUF:
            try:
                text = self.corpus.protobuf.encode(body, body.get("apiVersion") or "v1", body.get("kind") or "ConfigMap")
            except Exception:  # a body that has no protobuf form is sent as JSON under that name
                text = json.dumps(body).encode()
        elif kind == YAML and r.random() < 0.7:
            text = self.yaml(mutated, 0).encode("utf-8", "surrogatepass")
        else:
            text = json.dumps(mutated).encode("utf-8", "surrogatepass")
        if r.random() < (0.8 if kind == PROTOBUF else 0.3):
            text = self.bytes(text)
        method = "POST"
        if r.random() < 0.25:
            name = body.get("metadata", {}).get("name", "x") if isinstance(body.get("metadata"), dict) else "x"
            method, path = "PUT", f"{path}/{name}"
        return Request(method, self.query(self.path(path), 0.1), self.headers(kind), text)

    def yaml(self, value, depth):
        pad = "  " * depth
        if isinstance(value, dict) and value and depth < 20:
            return "".join(f"\n{pad}{json.dumps(k)}: {self.yaml(v, depth + 1)}" for k, v in value.items())
        if isinstance(value, list) and value and depth < 20:
            return "".join(f"\n{pad}- {self.yaml(v, depth + 1)}" for v in value)
        odd = ["!!binary aGk=", "&a x", "*a", "yes", "0o17", "1_000", ".inf", "2026-01-01", "|\n" + pad + "  x", "<<"]
        return self.random.choice(odd) if self.random.random() < 0.02 else json.dumps(value)

    # Mutations of trees

    def tree(self, value):
        value = json.loads(json.dumps(value))
        for _ in range(self.random.choice([1, 1, 1, 2, 3, 6])):
            value = self.change(value)
        return value

    def change(self, value):
        r = self.random
        if isinstance(value, dict) and value and r.random() < 0.85:
            key = r.choice(list(value))
            choice = r.random()
            if choice < 0.75:
                value[key] = self.change(value[key])
            elif choice < 0.85:
                del value[key]
            else:
                value[r.choice(KEYS)] = value[key] if r.random() < 0.5 else self.odd()
            return value
        if isinstance(value, list) and value and r.random() < 0.85:
            index, choice = r.randrange(len(value)), r.random()
            if choice < 0.75:
                value[index] = self.change(value[index])
            elif choice < 0.85:
                value.insert(index, value[index])
            else:
                del value[index]
            return value
        return self.odd() if r.random() < 0.8 else [value]

    def odd(self):
        r = self.random
        choice = r.random()
        if choice < 0.4:
            return r.choice(STRINGS)
        if choice < 0.65:
            return r.choice(NUMBERS)
        if choice < 0.75:
            return r.choice([None, True, False, {}, [], [[]], {"a": {}}, [None], {"": None}])
        if choice < 0.97:
            return {r.choice(KEYS): r.choice(STRINGS + NUMBERS) for _ in range(r.choice([1, 2, 5]))}
        value = r.choice(STRINGS)
        for _ in range(r.choice([5, 50, 400])):
            value = [value] if r.random() < 0.5 else {r.choice(KEYS): value}
        return value

    # Mutations of bytes

    def bytes(self, data):
        r, data = self.random, bytearray(data)
        for _ in range(r.choice([1, 1, 2, 4, 16])):
            if not data:
                return bytes(r.randrange(256) for _ in range(r.choice([0, 1, 10, 500])))
            at, choice = r.randrange(len(data)), r.randrange(7)
            if choice == 0:
                data[at] ^= 1 << r.randrange(8)
            elif choice == 1:
                data[at] = r.choice(b"\x00\xff\x80\x7f{}[]\":,0-9\\")
            elif choice == 2:
                del data[at:at + r.choice([1, 4, len(data)])]
            elif choice == 3:
                data[at:at] = data[at:at + r.choice([1, 8, 200])] * r.choice([1, 2, 50])
            elif choice == 4:
                data[at:at] = r.choice([b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"1e999999999", b"9" * 1000, b"\"", b"[" * 2000, b"{\"a\":" * 2000])
            elif choice == 5:
                data[at:at] = bytes(r.randrange(256) for _ in range(r.choice([1, 4, 64])))
            else:
                data[at:at + 8] = b"\xff" * 8
        return bytes(data[:200_000])

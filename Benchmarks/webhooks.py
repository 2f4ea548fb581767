#!/usr/bin/env python3
"""What a webhook adds to a request, beyond the time that it takes itself.

    webhooks.py --binary .build/release/fairlead [--count 2000]

A dry-run creation of a ConfigMap is timed without webhooks, then with a validating webhook in this process, then the webhook
by itself, asked for the same review over a connection like the server's. The result is one line of name=value pairs, medians in
microseconds: `added_us` is what is left when the webhook's own time is taken off.
"""
import argparse
import http.client
import json
import os
import ssl
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Tests"))
sys.path.insert(0, os.path.join(HERE, "..", "Tests", "Robustness"))
from fairlead_process import Fairlead  # noqa: E402
from fuzz_extensions import Answers, Authority, Hook  # noqa: E402

PATH = "/api/v1/namespaces/default/configmaps?dryRun=All"
OBJECT = json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"generateName": "a-"}, "data": {"k": "v" * 200}})


class Webhook:
    """Says yes to everything, and keeps the last review."""

    def __init__(self, authority):
        self.review = b""
        self.hook = Hook(authority)
        self.hook.answer = self.answer

    def answer(self, _, body):
        self.review = body
        uid = json.loads(body)["request"]["uid"]
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": uid, "allowed": True}}
        return Answers.http(json.dumps(review).encode()), True


def median(count, connection, path, body):
    """Of so many requests, one after the other, in microseconds."""
    times = []
    for number in range(count + 50):
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        if number >= 50:
            times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--count", type=int, default=2000)
    args = parser.parse_args()
    with Fairlead(args.binary, "--bare") as server:
        authority = Authority(server.scratch.name)
        webhook = Webhook(authority)
        api = http.client.HTTPConnection(server.url.removeprefix("http://"))
        plain = median(args.count, api, PATH, OBJECT)
        hook = {"name": "bench.example.dev", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": webhook.hook.url(), "caBundle": authority.bundle},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}
        configuration = {"kind": "ValidatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1",
                         "metadata": {"name": "bench"}, "webhooks": [hook]}
        api.request("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", json.dumps(configuration),
                    {"Content-Type": "application/json"})
        api.getresponse().read()
        asked = median(args.count, api, PATH, OBJECT)
        trust = ssl.create_default_context(cafile=os.path.join(server.scratch.name, "ca.crt"))
        own = median(args.count, http.client.HTTPSConnection(*webhook.hook.server_address, context=trust), "/", webhook.review)
        print(f"plain_us={plain:.0f} asked_us={asked:.0f} own_us={own:.0f} added_us={asked - plain - own:.0f}")


if __name__ == "__main__":
    sys.exit(main())

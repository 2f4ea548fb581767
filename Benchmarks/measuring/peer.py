"""A genuine control plane as the yardstick, if there is one: the same requests by the same generator, both with TLS and a token."""
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request

from . import objects
from .programs import NAMESPACE, TOKEN, Server, h2load
from .report import ratio_at_least

BASE = f"/api/v1/namespaces/{NAMESPACE}-peer"


def peer(run):
    if not run.peer_url:
        return
    with Server(run.binary, "--bare") as server, tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        sides = ((server.secure, TOKEN), (run.peer_url.rstrip("/"), run.peer_token))
        for url, token in sides:
            post(url, token, "/api/v1/namespaces", {"metadata": {"name": f"{NAMESPACE}-peer"}})
            post(url, token, f"{BASE}/services", json.loads(objects.service("measured")))
        length = ["-D", run.size(4, 1), "--warm-up-time", "1", "--h1", "-c", 32]

        def body(kind, text):
            path = os.path.join(folder, kind)
            with open(path, "w") as file:
                file.write(text.replace('"name": "x"', '"generateName": "b-"', 1))
            return ["-d", path, "-H", "content-type: application/json"]

        for label, path, flags in (
                ("GET, 32 connections", f"{BASE}/services/measured", []),
                ("create ConfigMaps of 1 KB, 32 connections", f"{BASE}/configmaps", body("map", objects.config_map("x"))),
                ("create Services, 32 connections", f"{BASE}/services", body("service", objects.service("x", "a"))),
                ("LIST of those ConfigMaps in pages of 500", f"{BASE}/configmaps?limit=500", [])):
            ours, theirs = run.turns(*(
                lambda url=url, token=token: h2load(url + path, *length, *flags, "-H", f"authorization: Bearer {token}")["rate"]
                for url, token in sides))
            run.report.row(f"beside the peer: {label}", "/s", ours, "peer", theirs, ratio_at_least(20) if "LIST" not in label else None)


def post(url, token, path, body):
    # h2load does not check certificates either: what is measured is on this machine.
    context = ssl._create_unverified_context()
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {
        "Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    try:
        urllib.request.urlopen(request, context=context, timeout=30).close()
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise


GROUPS = [("peer", peer)]

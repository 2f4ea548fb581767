"""Longer flows of the conformance tests: WebSockets, resizing, termination, StatefulSets, rollouts, Jobs."""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import time

from cluster import (AGNHOST, BUSYBOX, NAMESPACE, PAUSE, REGISTRY, Broken, agnhost, busybox, container, is_ready, mount,
                     pod, port, service)
from lives import http, state, waiting
from network import deployed, deployment
from outputs import EMPTY


class WebSocket:
    """Enough of a client for exec and logs."""

    def __init__(self, cluster, path, protocol):
        host, number = cluster.address.split(":")
        self.socket = socket.create_connection((host, int(number)), timeout=15)
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {cluster.address}\r\nConnection: Upgrade\r\n"
                             "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nOrigin: http://localhost\r\n"
                             f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                             f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            line = self.stream.readline()
            if not line:
                break
            self.head += line

    def frames(self, limit=1000):
        """Messages until the other side closes: (opcode, bytes); the close frame is the last."""
        for _ in range(limit):
            start = self.stream.read(2)
            if len(start) < 2:
                return
            length = start[1] & 127
            if length == 126:
                length, = struct.unpack(">H", self.stream.read(2))
            elif length == 127:
                length, = struct.unpack(">Q", self.stream.read(8))
            yield start[0] & 15, self.stream.read(length)
            if start[0] & 15 == 8:
                return

    def send(self, data):
        mask = b"\0\0\0\0"
        self.socket.sendall(bytes([0x82, 0x80 | len(data)]) + mask + data)


def sockets(cluster):
    check = cluster.checks.check
    cluster.start(pod("ws", container(BUSYBOX, ["/bin/sh", "-c", "echo container is alive; sleep 10000"], name="main")))
    base = cluster.path("pods", "ws")
    command = "/exec?stdout=1&stderr=1&container=main&command=echo&command=remote+execution+test"
    plain = WebSocket(cluster, base + command, "channel.k8s.io")
    frames = [f for f in plain.frames() if f[0] in (1, 2)]
    check("WebSocket: exec by channel.k8s.io", b"".join(f[1][1:] for f in frames if f[1][:1] == b"\1").strip() ==
          b"remote execution test" and not [f for f in frames if f[1][:1] != b"\1" and f[1][1:]], (plain.head, frames))
    for version in ("v4", "v5"):
        session = WebSocket(cluster, base + command, f"{version}.channel.k8s.io")
        frames = [f[1] for f in session.frames() if f[0] == 2]
        ends = [json.loads(f[1:]) for f in frames if f[:1] == b"\3" and f[1:]]
        check(f"WebSocket: exec by {version}", len(ends) == 1 and ends[0]["status"] == "Success", frames)
        session = WebSocket(cluster, base + "/exec?stdout=true&container=main&command=sh&command=-c&command=exit+42",
                            f"{version}.channel.k8s.io")
        frames = [f[1] for f in session.frames() if f[0] == 2]
        ends = [json.loads(f[1:]) for f in frames if f[:1] == b"\3" and f[1:]]
        check(f"WebSocket: an exit code by {version}", len(ends) == 1 and ends[0]["reason"] == "NonZeroExitCode"
              and ends[0]["details"]["causes"] == [{"reason": "ExitCode", "message": "42"}]
              and ends[0]["message"].startswith("command terminated with non-zero exit code"), frames)
    session = WebSocket(cluster, base + "/exec?stdout=true&stdin=true&container=main&command=cat", "v5.channel.k8s.io")
    session.send(b"\0hello")
    session.send(b"\xff\0")
    frames = [f[1] for f in session.frames() if f[0] == 2]
    check("WebSocket: stdin is closed by v5", b"".join(f[1:] for f in frames if f[:1] == b"\1") == b"hello", frames)
    session = WebSocket(cluster, base + "/exec?stdout=true&container=main&command=no-such-program", "v5.channel.k8s.io")
    ends = [json.loads(f[1][1:]) for f in session.frames() if f[0] == 2 and f[1][:1] == b"\3" and f[1][1:]]
    check("WebSocket: a program that is not there", len(ends) == 1 and ends[0]["status"] == "Failure", ends)
    logs = WebSocket(cluster, base + "/log?container=main", "binary.k8s.io")
    frames = list(logs.frames())
    check("WebSocket: logs by binary.k8s.io", b"".join(f[1] for f in frames if f[0] == 2) == b"container is alive\n"
          and frames[-1][0] == 8, frames)
    logs = WebSocket(cluster, base + "/log?container=main", "base64.binary.k8s.io")
    text = "".join(f[1].decode() for f in logs.frames() if f[0] in (1, 2))
    check("WebSocket: logs by base64", base64.b64decode(text) == b"container is alive\n", text)
    if not cluster.has_kubectl:
        return
    cluster.start(pod("forwarded", agnhost("netexec")))
    home = cluster.server.scratch.name
    process = subprocess.Popen(
        ["kubectl", "--server", cluster.server.url, "-n", NAMESPACE, "port-forward", "forwarded", ":8080"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.path.join(home, "none")})
    try:
        line = process.stdout.readline()
        number = re.search(r"127\.0\.0\.1:(\d+) -> 8080", line)
        answer = ""
        if number:
            with socket.create_connection(("127.0.0.1", int(number[1])), timeout=10) as one:
                one.sendall(b"GET /hostname HTTP/1.0\r\n\r\n")
                answer = one.makefile().read()
        check("kubectl port-forward", answer.endswith("forwarded"), (line, answer))
    finally:
        process.terminate()
        process.communicate()
    code, out, err = cluster.kubectl("run",
                                     "attached",
                                     f"--image={BUSYBOX}",
                                     "--restart=Never",
                                     "-i",
                                     "--rm",
                                     "--command",
                                     "--",
                                     "sh",
                                     "-c",
                                     "cat; echo 'stdin closed'",
                                     stdin="abcd1234")
    check("kubectl run -i", code == 0 and "stdin closed" in out and "abcd1234" in out, (code, out, err))
    code, out, err = cluster.kubectl("run", "fails", f"--image={BUSYBOX}", "--restart=Never", "-i", "--command", "--",
                                     "/bin/sh", "-c", "exit 42", stdin="")
    check("kubectl run -i with an exit code", code == 42, (code, out, err))


def resize(cluster):
    check = cluster.checks.check
    line = "grep Cpus_allowed_list /proc/self/status | cut -f2 && sleep 1d"

    def one(name, cpu, memory, policy=None):
        return container(BUSYBOX, ["/bin/sh"], ["-c", line], name=name, resources={
            "requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}},
            resizePolicy=[{"resourceName": "cpu", "restartPolicy": "NotRequired"},
                          {"resourceName": "memory", "restartPolicy": policy or "NotRequired"}])

    cluster.start(pod("resized", one("c1", "100m", "64Mi"), one("c2", "100m", "64Mi", "RestartContainer"),
                      restartPolicy="OnFailure", os={"name": "linux"}))
    more = {"requests": {"cpu": "150m", "memory": "96Mi"}, "limits": {"cpu": "150m", "memory": "96Mi"}}
    status, answer = cluster.patch("pods", "resized", {"spec": {"containers": [
        {"name": n, "resources": more} for n in ("c1", "c2")]}}, "/resize", "application/strategic-merge-patch+json")
    check("resize: patch", status == 200, answer)

    def done(p):
        if not is_ready(p) or p["status"].get("observedGeneration", 0) < p["metadata"]["generation"]:
            return False
        kinds = {c["type"] for c in p["status"]["conditions"]}
        all_ = {s["name"]: s for s in p["status"]["containerStatuses"]}
        return not kinds & {"PodResizePending", "PodResizeInProgress"} and all(
            s.get("resources") == more and s.get("allocatedResources") == more["requests"] for s in all_.values()) \
            and (all_["c1"]["restartCount"], all_["c2"]["restartCount"]) == (0, 1)

    check("resize: the status follows", cluster.wait("resized", done, 30, "not resized"))
    if cluster.has_kubectl:
        for name in ("c1", "c2"):
            code, out, err = cluster.argv("resized",
                                          "sh",
                                          "-c", "cd /sys/fs/cgroup; head -n 1 cpu.max; head -n 1 memory.max; "
                                          "head -n 1 cpu.weight; cat /proc/1/oom_score_adj; mount -t cgroup2",
                                          container=name)
            lines = out.splitlines()
            shares = 150 * 1024 // 1000
            check(f"resize: control groups of {name}", lines[:2] == ["15000 100000", str(96 << 20)]
                  and lines[2] in (str(1 + (shares - 2) * 9999 // 262142), "20", "21", "22", "23", "24")
                  and lines[3] == "-997" and "/sys/fs/cgroup" in lines[4], (out, err))


# Ends by signals (5.5, 5.11): program, grace, exit code --------------------------------------------------------------

ENDINGS = [
    ("netexec", agnhost("netexec"), 5, 0, 3),
    ("agnhost", agnhost(), 5, 2, 3),
    ("pause-image", container(PAUSE), 5, 0, 3),
    ("nginx", container(REGISTRY + "nginx:1.15-4"), 5, 0, 3),
    ("trap", container(BUSYBOX, ["/bin/sh", "-c", "trap exit TERM; while true; do sleep 1; done"]), 5, 0, 4),
    ("trap-143",
     container(AGNHOST, [
         "/bin/bash", "-c", "_term(){ sleep 1; exit 143; }; trap _term SIGTERM; "
         "while true; do echo x; sleep 1; done"
     ]), 10, 143, 6),
    ("loop", container(BUSYBOX, ["/bin/sh", "-c", "while true; do sleep 1; done"]), 2, 137, 6),
    ("sleep", container(BUSYBOX, ["sleep", "600"]), 2, 137, 6),
    ("delay", agnhost("netexec", "--delay-shutdown", "2"), 10, 0, 6),
]


def termination(cluster):
    check = cluster.checks.check
    sidecar = {"name": "side", "image": AGNHOST, "args": ["pause"], "restartPolicy": "Always"}
    cluster.start(
        *[pod(f"ends-{n}", c, terminationGracePeriodSeconds=g) for n, c, g, _, _ in ENDINGS],
        pod("ends-order",
            agnhost(name="main"),
            initContainers=[{**sidecar, "name": "side1"},
                            {**sidecar, "name": "side2", "args": ["netexec", "--delay-shutdown", "2"]}],
            terminationGracePeriodSeconds=10),
        pod("ends-message", busybox("seq 1 3000 > /dev/termination-log; sleep 1"), restartPolicy="Never"))
    for name, _, grace, _, _ in ENDINGS:
        cluster.delete("pods", f"ends-{name}", grace)
    cluster.delete("pods", "ends-order", 10)
    began = time.monotonic()
    for name, _, grace, wanted, seconds in sorted(ENDINGS, key=lambda row: row[4]):
        try:
            cluster.gone(f"ends-{name}", 20)
        except Broken as late:
            check(f"ends: {name} with {wanted}", False, late)
            continue
        took = time.monotonic() - began
        codes = {state(p)["state"]["terminated"]["exitCode"] for p in cluster.history[f"ends-{name}"]
                 if "terminated" in state(p).get("state", {})}
        check(f"ends: {name} with {wanted}", codes == {wanted}, (codes, took))
    cluster.gone("ends-order", 15)
    last = cluster.history["ends-order"][-1]["status"]
    times = {one["name"]: one["state"].get("terminated", {}).get("finishedAt", "")
             for one in last.get("containerStatuses", []) + last.get("initContainerStatuses", [])}
    check("ends: sidecars last, in reverse", times["main"] < times["side2"] <= times["side1"], times)
    message = state(cluster.ended("ends-message"))["state"]["terminated"].get("message", "")
    check("ends: a termination message has at most 4096 bytes", 4000 < len(message) <= 4096, len(message))


def groups(cluster):
    """Identities, node volumes, readiness gates."""
    check = cluster.checks.check
    shared = {"name": "v", "hostPath": {"path": "/tmp/job-e2e/x", "type": "DirectoryOrCreate"}}
    on = {"nodeName": "node-2", "restartPolicy": "Never"}
    cluster.start(pod("host-writes",
                      busybox("echo text > /data/f", volumeMounts=[mount("/data")]),
                      volumes=[shared],
                      **on),
                  wait=False)
    cluster.ended("host-writes")
    rows = [
        ("host-reads", busybox("cat /data/f", volumeMounts=[mount("/data")]), {"volumes": [shared], **on}, "text\n"),
        ("host-elsewhere", busybox("cat /data/f || echo none", volumeMounts=[mount("/data")]), {
            "volumes": [shared], "nodeName": "node-3", "restartPolicy": "Never"}, "none\n"),
        ("groups", container(AGNHOST, ["id", "-G"]), {"restartPolicy": "Never", "securityContext": {
            "runAsUser": 1000, "supplementalGroups": [60000]}}, "1000 50000 60000\n"),
        ("groups-strict", container(AGNHOST, ["id", "-G"]), {"restartPolicy": "Never", "securityContext": {
            "runAsUser": 1000, "supplementalGroups": [60000], "supplementalGroupsPolicy": "Strict"}}, "1000 60000\n"),
        ("fs-group", busybox("stat -c='%g' /v/f; id -G", volumeMounts=[mount("/v")]), {
            "restartPolicy": "Never", "securityContext": {"fsGroup": 1234}, "volumes": [{"name": "v", "secret": {
                "secretName": "secret-1", "items": [{"key": "data-1", "path": "f"}]}}]}, None),
        ("work", busybox("pwd", workingDir="/work/here"), {"restartPolicy": "Never"}, "/work/here\n"),
        ("read-only-mount", busybox("echo x > /v/f || echo refused", volumeMounts=[mount("/v", readOnly=True)]),
         {"restartPolicy": "Never", "volumes": [EMPTY]}, "refused\n"),
    ]
    for name, one, spec, _ in rows:
        cluster.create("pods", pod(f"id-{name}", one, **spec))
    for name, _, _, wanted in rows:
        done = cluster.ended(f"id-{name}")
        log = cluster.log(f"id-{name}")
        check(f"identity: {name}", done["status"]["phase"] == "Succeeded" and (
            log.endswith(wanted) if wanted else "=1234" in log and "1234" in log.split("\n")[1].split()), log)
    gate = "k8s.io/test-condition1"
    cluster.create("pods", pod("gated", agnhost(), readinessGates=[{"conditionType": gate}]))
    cluster.wait("gated", lambda p: any(c["type"] == "ContainersReady" and c["status"] == "True"
                                        for c in (p or {}).get("status", {}).get("conditions", [])))
    check("a readiness gate holds", not is_ready(cluster.pods["gated"]))
    for value in ("True", "False"):
        cluster.patch("pods", "gated", {"status": {"conditions": [{"type": gate, "status": value}]}}, "/status",
                      "application/strategic-merge-patch+json")
        check(f"a readiness gate turns {value}", cluster.wait("gated", lambda p: is_ready(p) == (value == "True"), 10))


def workloads(cluster):
    """StatefulSets whose pods lose a file, ReplicaSets that serve, rollouts with an image that is not there."""
    check = cluster.checks.check
    apps = f"/apis/apps/v1/namespaces/{NAMESPACE}"
    web = container(
        REGISTRY + "agnhost:2.55", None, ["test-webserver"], name="webserver",
        readinessProbe=http("/localhost.crt", 80, successThreshold=1, failureThreshold=1))
    cluster.create("services", service("test", [port(80, None, "http")], {"baz": "blah"}, clusterIP="None"))
    labels = {"baz": "blah"}
    status, answer = cluster.call("POST", apps + "/statefulsets", {"metadata": {"name": "ss"}, "spec": {
        "serviceName": "test", "replicas": 2, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [web], "terminationGracePeriodSeconds": 0}}}})
    check("StatefulSet", status == 201, answer)
    cluster.ready("ss-0")
    cluster.ready("ss-1")
    if cluster.has_kubectl:
        cluster.shell("ss-0", "mv -v /localhost.crt /tmp/ || true")
        cluster.wait("ss-0", lambda p: not is_ready(p), 10)
        cluster.call("PATCH", apps + "/statefulsets/ss/scale", {"spec": {"replicas": 3}},
                     "application/merge-patch+json")
        time.sleep(2)
        check("StatefulSet: does not scale past an unready pod", "ss-2" not in cluster.pods)
        cluster.shell("ss-0", "mv -v /tmp/localhost.crt / || true")
        check("StatefulSet: scales on", cluster.ready("ss-2", 15))
        code, out, err = cluster.shell("ss-1", "nslookup ss-0.test; hostname -f")
        check("StatefulSet: names", code == 0 and cluster.pods["ss-0"]["status"]["podIP"] in out
              and f"ss-1.test.{NAMESPACE}.svc.cluster.local" in out, (out, err))
    cluster.call("DELETE", apps + "/statefulsets/ss")
    # ReplicaSet "should serve a basic image".
    serve = agnhost("serve-hostname", ports=[{"containerPort": 9376}])
    replicas = {
        "kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": {"name": "serve"}, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"name": "serve"}},
            "template": {"metadata": {"labels": {"name": "serve"}}, "spec": {"containers": [serve]}}
        }
    }
    check("ReplicaSet", cluster.call("POST", apps + "/replicasets", replicas)[0] == 201)
    names = cluster.eventually(
        lambda: [n for n, p in list(cluster.pods.items()) if n.startswith("serve-") and is_ready(p)],
        lambda n: len(n) == 2, 20)
    answers = [cluster.proxied(n, "/")[2] for n in names]
    check("ReplicaSet: its pods say their names", len(names) == 2 and answers == names, (names, answers))
    # A rollout to an image that cannot be pulled.
    cluster.create("deployments", deployment("stuck", 4, container(REGISTRY + "nginx:1.15-4", name="web")))
    deployed(cluster, "stuck", 4)
    cluster.call("PATCH", cluster.path("deployments", "stuck"), {"spec": {"template": {"spec": {"containers": [
        {"name": "web", "image": "webserver:404"}]}}}}, "application/strategic-merge-patch+json")
    got = cluster.eventually(lambda: cluster.get("deployments", "stuck")["status"],
                             lambda s: s.get("unavailableReplicas"), 10)
    bad = cluster.eventually(
        lambda: [
            n for n, p in list(cluster.pods.items())
            if n.startswith("stuck-") and waiting(p).get("reason") in ("ErrImagePull", "ImagePullBackOff")
        ], lambda n: n, 10)
    check("Deployment: keeps serving beside a bad image", bad and got.get("availableReplicas", 0) >= 3, (bad, got))


def jobs(cluster):
    check = cluster.checks.check
    batch = f"/apis/batch/v1/namespaces/{NAMESPACE}"
    index = "if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then exit 1\nelse\nexit 0\nfi"
    once = ("if [[ -r /data/foo-$JOB_COMPLETION_INDEX ]] ; then exit 0 ; else touch /data/foo-$JOB_COMPLETION_INDEX ; "
            "exit 1 ; fi")

    def job(name, script, policy="Never", **spec):
        template = {
            "restartPolicy": policy, "terminationGracePeriodSeconds": 0, "volumes": [{"name": "data", "emptyDir": {}}],
            "containers": [
                container(BUSYBOX, ["/bin/sh", "-c"], [script],
                          volumeMounts=[mount("/data", "data")],
                          securityContext={})
            ]
        }
        status, answer = cluster.call("POST", batch + "/jobs", {"metadata": {"name": name}, "spec": {
            **spec, "template": {"spec": template}}})
        check(f"Job: {name}", status == 201, answer)

    def comes(name, wanted):
        def told():
            return cluster.call("GET", batch + f"/jobs/{name}")[1].get("status", {})
        got = cluster.eventually(told, wanted, 30)
        check(f"Job: {name} comes out right", wanted(got), got)

    def conditions(status):
        return {c["type"]: c.get("reason") for c in status.get("conditions", []) if c["status"] == "True"}

    job("succeeds", "exit 0", completions=4, parallelism=2)
    job("exceeds", "exit 1", backoffLimit=0)
    job("per-index", index, completionMode="Indexed", completions=4, parallelism=2, backoffLimitPerIndex=0)
    job("fail-once", once, "OnFailure", completionMode="Indexed", completions=2, parallelism=2)
    job("policy", "exit 42", podFailurePolicy={"rules": [{"action": "FailJob", "onExitCodes": {
        "operator": "In", "values": [42]}}]}, backoffLimit=3)
    job("first", "if [ $JOB_COMPLETION_INDEX -eq 0 ]; then exit 0; fi; sleep 1000000", completionMode="Indexed",
        completions=3, parallelism=3, successPolicy={"rules": [{"succeededIndexes": "0"}]})
    comes("succeeds", lambda s: s.get("succeeded") == 4 and "Complete" in conditions(s))
    comes("exceeds", lambda s: conditions(s).get("Failed") == "BackoffLimitExceeded")
    comes("per-index", lambda s: s.get("failedIndexes") == "1,3" and s.get("completedIndexes") == "0,2"
          and conditions(s).get("Failed") == "FailedIndexes")
    comes("fail-once", lambda s: s.get("succeeded") == 2 and "Complete" in conditions(s))
    comes("policy", lambda s: conditions(s).get("Failed") == "PodFailurePolicy")
    comes("first", lambda s: conditions(s).get("SuccessCriteriaMet") == "SuccessPolicy" and "Complete" in conditions(s))


def rollouts(cluster):
    """The update demo, and a DaemonSet that is rolled back from an image that is not there."""
    check = cluster.checks.check
    apps = f"/apis/apps/v1/namespaces/{NAMESPACE}"

    def ready(prefix, count, wanted=lambda p: True):
        return cluster.eventually(lambda: sorted(n for n, p in list(cluster.pods.items())
                                                 if n.startswith(prefix) and is_ready(p) and wanted(p)),
                                  lambda names: len(names) == count, 20)

    demo = {"kind": "ReplicationController", "apiVersion": "v1", "metadata": {"name": "update-demo-nautilus"}, "spec": {
        "replicas": 2, "selector": {"name": "update-demo"}, "template": {
            "metadata": {"labels": {"name": "update-demo", "version": "nautilus"}}, "spec": {"containers": [
                container(REGISTRY + "nautilus:1.8", name="update-demo", ports=[{"containerPort": 80}])]}}}}
    check("update demo", cluster.call("POST", cluster.path("replicationcontrollers"), demo)[0] == 201)
    names = ready("update-demo", 2)
    check("update demo: two pods serve their picture", len(names) == 2 and all(
        "nautilus.jpg" in cluster.proxied(n, "/data.json")[2] for n in names), names)
    good = REGISTRY + "nginx:1.15-4"
    template = {
        "metadata": {"labels": {"d": "s"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container(good)]}
    }
    status, answer = cluster.call("POST", apps + "/daemonsets", {"metadata": {"name": "ds"}, "spec": {
        "selector": {"matchLabels": {"d": "s"}}, "updateStrategy": {"type": "RollingUpdate"}, "template": template}})
    check("DaemonSet", status == 201, answer)
    before = ready("ds-", 3)

    def change(image):
        cluster.call("PATCH", apps + "/daemonsets/ds", {"spec": {"template": {"spec": {"containers": [
            {"name": "c", "image": image}]}}}}, "application/strategic-merge-patch+json")

    def image(p):
        return p["spec"]["containers"][0]["image"]

    change("foo:non-existent")
    bad = cluster.eventually(lambda: [n for n, p in list(cluster.pods.items()) if image(p) == "foo:non-existent"
                                      and n.startswith("ds-")], lambda n: n, 20)
    change(good)
    after = ready("ds-", 3, lambda p: image(p) == good)
    check("DaemonSet: a rollback restarts nothing", bad and len(set(before) & set(after)) == 2 and all(
        state(cluster.pods[n])["restartCount"] == 0 for n in after), (before, bad, after))


def extras(cluster):
    check = cluster.checks.check
    for number in range(50):
        cluster.create("configmaps", {"metadata": {"name": f"racey-{number}"}, "data": {"data-1": "value-1"}})
    many = {"volumes": [{"name": f"v{i}", "configMap": {"name": f"racey-{i}"}} for i in range(50)]}
    check("five pods with fifty volumes each", cluster.start(*[pod(f"wrapped-{k}", agnhost(
        volumeMounts=[mount(f"/etc/config-{i}", f"v{i}") for i in range(50)]), **many) for k in range(5)]))
    cluster.create("services", service("balanced", [port(80, 8080)], {"x": "balanced"}, type="LoadBalancer",
                                       externalIPs=["203.0.113.9"]))
    cluster.create("services", service("leaving", [port(80, 8080)], {"x": "leaving"}))
    cluster.start(
        pod("balanced", agnhost("netexec"), labels={"x": "balanced"}),
        pod("leaving",
            agnhost("netexec", "--delay-shutdown", "6", readinessProbe=http("/readyz", 8080)),
            labels={"x": "leaving"},
            terminationGracePeriodSeconds=20),
        pod("pre-sleep",
            agnhost("netexec", lifecycle={"preStop": {"sleep": {"seconds": 2}}}),
            terminationGracePeriodSeconds=10),
        pod("killed", container(AGNHOST, ["/bin/sh", "-c", "trap 'exit 7' TERM; while true; do sleep 1; done"])),
        pod("typed",
            busybox("while read l; do echo got $l; done; echo end", stdin=True, stdinOnce=True),
            restartPolicy="Never"))
    cluster.start(
        pod("short-grace",
            busybox("sleep 1000",
                    livenessProbe={
                        "exec": {"command": ["false"]}, "failureThreshold": 1, "periodSeconds": 1,
                        "terminationGracePeriodSeconds": 1
                    }),
            terminationGracePeriodSeconds=500),
        pod("clash", agnhost("netexec", name="a"), agnhost("netexec", name="b")),
        pod("unready-side",
            agnhost(),
            initContainers=[
                {**agnhost("netexec"), "name": "s", "restartPolicy": "Always", "readinessProbe": http("/", 81)}
            ]),
        wait=False)
    began = time.monotonic()
    cluster.delete("pods", "pre-sleep", 10)
    cluster.gone("pre-sleep")
    check("a preStop that sleeps", 1.9 <= time.monotonic() - began < 6, time.monotonic() - began)
    cluster.delete("pods", "leaving", 20)

    def endpoint():
        found = cluster.call("GET",
                             cluster.path("endpointslices") + "?labelSelector=kubernetes.io/service-name=leaving")
        return ((found[1]["items"] or [{}])[0].get("endpoints") or [{}])[0].get("conditions", {})

    told = cluster.eventually(endpoint, lambda c: c.get("terminating"), 4, 0.2)
    check("a terminating endpoint", told.get("terminating") is True and told.get("ready") is False, told)
    check("a probe's own grace period", cluster.wait("short-grace", lambda p: state(p).get("restartCount", 0) >= 1, 15))
    clash = cluster.wait("clash", lambda p: sum(state(p, i).get("restartCount", 0) for i in (0, 1)) >= 1, 15)
    loser = "b" if state(clash, 1).get("restartCount") else "a"
    check("two containers want one port", "address already in use" in cluster.log("clash", loser, previous="true"))
    side = cluster.wait("unready-side", lambda p: state(p).get("ready"), 15)
    check("an unready sidecar makes the pod unready", not is_ready(side), side["status"])
    if not cluster.has_kubectl:
        return
    code, out, err = cluster.shell("balanced", "curl -s -m 3 http://leaving/hostname")
    check("a terminating endpoint that serves", (code, out) == (0, "leaving"), (code, out, err))
    address = cluster.eventually(
        lambda: cluster.get("services", "balanced")["status"].get("loadBalancer", {}).get("ingress"),
        lambda found: found, 10)[0]["ip"]
    for claim, host in (("a load balancer's address", address), ("an external IP", "203.0.113.9")):
        code, out, err = cluster.shell("wrapped-0", f"curl -s -m 3 http://{host}/hostname")
        check(f"from a pod to {claim}", (code, out) == (0, "balanced"), (code, out, err))
    cluster.shell("killed", "kill 1")
    again = cluster.wait("killed", lambda p: state(p).get("restartCount", 0) >= 1, 15)
    check("exec kills process 1", state(again)["lastState"]["terminated"]["exitCode"] == 7, state(again))
    code, out, err = cluster.kubectl("attach", "typed", "-i", stdin="one\ntwo\n")
    check("kubectl attach", code == 0 and out == "got one\ngot two\nend\n", (code, out, err))
    check("kubectl attach: its container ends", cluster.ended("typed", 10)["status"]["phase"] == "Succeeded")


CHAPTERS = [("sockets", sockets), ("resize", resize), ("termination", termination), ("groups", groups),
            ("workloads", workloads), ("jobs", jobs), ("rollouts", rollouts), ("extras", extras)]

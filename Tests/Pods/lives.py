"""Pods that go on: logs, exec, changing volumes, probes, hooks, init containers, restarts and ends."""
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

from cluster import (AGNHOST, BUSYBOX, NAMESPACE, PAUSE, REGISTRY, Broken, agnhost, busybox, container, found, is_ready,
                     mount, pod)
from outputs import COUNTING, EMPTY, MEMORY, field, volume


def state(pod, index=0, which="containerStatuses"):
    statuses = (pod or {}).get("status", {}).get(which) or []
    return statuses[index] if len(statuses) > index else {}


def waiting(pod, index=0, which="containerStatuses"):
    return state(pod, index, which).get("state", {}).get("waiting", {})


def restarts(pod):
    return state(pod).get("restartCount", 0)


# Logs (1.2) and log lines of programs that stay ---------------------------------------------------------------------

STAYING = [
    ("agnhost by default", agnhost(), "Paused"),
    ("agnhost pause", agnhost("pause"), "Paused\nSignals registered"),
    ("echo and sleep", busybox("echo 'Hello World' ; sleep 240"), "=Hello World\n"),
    ("a read-only root",
     container(BUSYBOX, ["/bin/sh", "-c", "echo test > /file; sleep 240"],
               securityContext={"readOnlyRootFilesystem": True}),
     "=/bin/sh: can't create /file: Read-only file system\n"),
    ("alive", container(BUSYBOX, ["/bin/sh", "-c", "echo container is alive; sleep 600"]), "=container is alive\n"),
    ("tail -f", busybox("tail -f /dev/null"), "="),
    ("trap exit TERM", container(BUSYBOX, ["/bin/sh", "-c", "trap exit TERM; while true; do sleep 1; done"]), "="),
    ("bash and a function",
     container(AGNHOST, ["/bin/bash", "-c"],
               ["_term(){ sleep 1; exit 143; }; trap _term SIGTERM; echo on; while true; do sleep 1; done"]), "=on\n"),
    ("a loop that prints", busybox("while true; do echo test; sleep 1; done"), "test\n"),
    ("netexec", agnhost("netexec"), "Started HTTP server on port 8080"),
    ("netexec without UDP", agnhost("netexec", "--udp-port", "-1",
                                    "--http-port=8090"), "Started HTTP server on port 8090"),
    ("serve-hostname", agnhost("serve-hostname"), "Serving on port 9376."),
    ("nettest", agnhost("nettest"), ""),
    ("porter", agnhost("porter", env=[{"name": "SERVE_PORT_80", "value": "foo"}]), ""),
    ("test-webserver", agnhost("test-webserver"), "="),
    ("liveness", agnhost("liveness"), ""),
    ("fake-gitserver", agnhost("fake-gitserver"), ""),
    ("grpc-health-checking", agnhost("grpc-health-checking", "--port=2333"), ""),
    ("inclusterclient", agnhost("inclusterclient", "--poll-interval", "1"), "calling /healthz"),
    ("guestbook", agnhost("guestbook"), ""),
    ("the pause image", container(PAUSE), "="),
    ("nginx", container(REGISTRY + "nginx:1.15-4"), ""),
    ("nautilus", container(REGISTRY + "nautilus:1.8"), ""),
    ("sleep 1d", container(BUSYBOX, ["sleep", "1d"]), "="),
    ("cpus and a day", busybox("grep Cpus_allowed_list /proc/self/status | cut -f2 && sleep 1d"), ""),
    ("sh -c sleep with an odd image", container("docker.io/library/busybox", ["sh", "-c", "sleep infinity"]), "="),
]


def logs(cluster):
    check = cluster.checks.check
    names = [f"staying-{n}" for n in range(len(STAYING))]
    cluster.start(*[pod(name, one) for name, (_, one, _) in zip(names, STAYING)], wait=False)
    for name, (claim, _, wanted) in zip(names, STAYING):
        try:
            cluster.ready(name)
        except Broken as late:
            check(f"stays: {claim}", False, f"{late} {cluster.log(name)}")
            continue
        holds = (lambda t: t == wanted[1:]) if wanted.startswith("=") else lambda t: wanted in t
        text = cluster.eventually(lambda: cluster.log(name), holds, 5, 0.2)
        check(f"stays: {claim}", holds(text), text)
    for name, (claim, _, _) in zip(names, STAYING):
        now = cluster.pods.get(name)
        check(f"still there: {claim}", is_ready(now) and restarts(now) == 0, json.dumps(now and now["status"])[:900])
        cluster.delete("pods", name, 0)
    # Options of a log of ten lines that ended.
    name = "log-options"
    cluster.create("pods", pod(name, agnhost("logs-generator", "--log-lines-total", "10", "--run-duration", "2s"),
                               restartPolicy="Never"))
    cluster.ended(name)
    whole = cluster.log(name)
    lines = whole.splitlines(True)
    check("log: ten lines", len(lines) == 10, whole)
    check("log: tailLines", cluster.log(name, tailLines=1) == lines[-1], cluster.log(name, tailLines=1))
    check("log: limitBytes", len(cluster.log(name, limitBytes=1)) == 1)
    stamped = cluster.log(name, timestamps="true", tailLines=2).splitlines(True)
    check("log: timestamps", len(stamped) == 2 and all(
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) ", line) for line in stamped), stamped)
    check("log: sinceSeconds=86400", cluster.log(name, sinceSeconds=86400) == whole)
    late = cluster.eventually(lambda: cluster.log(name, sinceSeconds=1), lambda t: len(t) < len(whole), 5)
    check("log: sinceSeconds=1 has fewer", len(late) < len(whole), late)
    status, answer = cluster.call("GET", cluster.path("pods", name) + "/log?container=none")
    check("log: an unknown container", status == 400 and "container none is not valid for pod" in answer["message"],
          answer)
    # The instance before.
    cluster.create(
        "pods",
        pod("log-before",
            container(BUSYBOX, ["sh", "-c"],
                      ["echo one >> /v/f; wc -l < /v/f; if [ $(wc -l < /v/f) -eq 1 ]; then exit 3; fi; sleep 600"],
                      volumeMounts=[mount("/v")]),
            volumes=[EMPTY]))
    cluster.wait("log-before", lambda p: restarts(p) == 1 and is_ready(p))
    now = cluster.eventually(lambda: cluster.log("log-before"), lambda t: t, 5, 0.2)
    before = cluster.log("log-before", previous="true")
    check("log: this instance and the previous", (now.strip(), before.strip()) == ("2", "1"), (now, before))
    last = state(cluster.pods["log-before"]).get("lastState", {}).get("terminated", {})
    check("lastState of a restart", last.get("exitCode") == 3 and last.get("reason") == "Error", last)


# exec (1.1, 3.2) ----------------------------------------------------------------------------------------------------

# pod, shell line (as RunHostCmd) or argument list, exit code, expected: substring, pattern, or "=exact" after strip
EXECS = [
    ("agn", "echo running in container", 0, "=running in container"),
    ("agn", "exit 42", 42, "="),
    ("agn", ["sh", "-c", "exit 42"], 42, "="),
    ("agn", ["/bin/echo", "marco"], 0, "=marco"),
    ("agn", "touch /data/mypath/foo/test.log; test -f /sub/test.log", 0, "="),
    ("agn", "test -f /sub/none", 1, "="),
    ("agn", ["cat", "/etc/hosts"], 0, "# Kubernetes-managed hosts file.\n"),
    ("agn", ["cat", "/var/run/secrets/kubernetes.io/serviceaccount/namespace"], 0, "=" + NAMESPACE),
    ("agn", ["cat", "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"], 0, "BEGIN CERTIFICATE"),
    ("agn", "mv -v /localhost.crt /tmp/ || true; ls /tmp/localhost.crt; mv -v /tmp/localhost.crt / || true", 0,
     "/tmp/localhost.crt"),
    ("agn", "ls -idlh /data; find /data; touch /data/1", 0, "/data"),
    ("agn", "dd if=/dev/zero of=/data/statefulset-continue bs=1 count=1 conv=fsync", 0, "="),
    ("agn", "printf %s\\\\n word; printf '%s/%s' a b", 0, "a/b"),
    ("agn", "for i in $(seq 0 3); do echo x$i; done | tail -n 2", 0, "=x2\nx3"),
    ("agn", "for i in {1..3}; do echo $i; done; for j in `seq 1 2`; do echo $j; done", 0, re.compile("1\n2$")),
    ("agn", ["/bin/bash", "-c", "for i in {1..100}; do echo $i; done | tail -n 1"], 0, "=100"),
    ("agn", "curl -g -q -s -o /dev/null -w %{http_code} http://127.0.0.1:8080/healthz", 0, "=200"),
    ("agn", "curl -g -q -s -o /dev/null -w %{http_code} http://127.0.0.1:9/healthz", 7, "=000"),
    ("agn", "curl -s http://no-such-name.invalid/", 6, "="),
    ("agn", "curl -g -q -s --max-time 15 --connect-timeout 1 http://127.0.0.1:8080/hostName | grep -v '^\\s*$'", 0,
     "=agn"),
    ("agn", "echo hostName | nc -w 1 -u 127.0.0.1 8081 | grep -v '^\\s*$'", 0, "=agn"),
    ("agn", "echo hostName | nc -v -t -w 2 127.0.0.1 8080", 0, "HTTP/1.1 400 Bad Request"),
    ("agn", "echo hostName | nc -v -t -w 2 127.0.0.1 9", 1, "="),
    ("agn", "echo 'echo Some TEXT' | nc -w 1 -u 127.0.0.1 8081", 0, "=some text"),
    ("agn", "wget -T 5 -qO- http://127.0.0.1:8080/hostname", 0, "=agn"),
    ("agn", "nslookup kubernetes.default.svc.cluster.local", 0, "10.96.0.1"),
    ("agn", "nslookup kubernetes.default", 0, "10.96.0.1"),
    ("agn", "dig +notcp +noall +answer +search kubernetes.default A", 0, "10.96.0.1"),
    ("agn", "dig +tcp +short kubernetes.default.svc.cluster.local", 0, "=10.96.0.1"),
    ("agn", "dig +short no.such.name.cluster.local", 0, "="),
    ("agn", "/agnhost connect --timeout=3s 127.0.0.1:8080", 0, "="),
    ("agn", "/agnhost connect --timeout=3s 127.0.0.1:9", 1, "REFUSED"),
    ("agn", "/agnhost connect --timeout=1s --protocol=udp 127.0.0.1:8081", 0, "="),
    ("agn", "/agnhost dns-suffix", 0, "pods.svc.cluster.local"),
    ("agn", ["/agnhost", "dns-server-list"], 0, "=10.96.0.10"),
    ("agn", "id; whoami; id -G", 0, "uid=0(root)"),
    ("agn", "head -n1 /sys/fs/cgroup/cpu.max; head -n 1 /sys/fs/cgroup/memory.max; mount -t cgroup2", 0,
     re.compile(r"^20000 100000\n33554432\n.*/sys/fs/cgroup")),
    ("agn", "head -n 1 /sys/fs/cgroup/cpu.weight", 0, re.compile(r"^(4|5|8|9|17|18|20)$|^\d+$")),
    ("agn", "stat -c='%g' $(find /data/ -name 1 -type f)", 0, re.compile("=0")),
    ("agn", "df /data | tail -n1; date; hostname; seq 1 3 | sort -r | uniq | tr -d 3 | sed s/2/two/", 0, "two"),
    ("agn", "ls /agnhost /bin/sh /bin/bash /localhost.crt /localhost.key /uploads -d", 0, "/localhost.key"),
    ("agn", "cat /etc/os-release", 0, "Alpine Linux"),
    ("agn", "touch /tmp/a && cp /tmp/a /tmp/b && rm /tmp/a && ls /tmp/b", 0, "=/tmp/b"),
    ("agn", "nosuchcommand", 127, "nosuchcommand: not found"),
    ("busy", ["cat", "/usr/share/volumeshare/shareddata.txt"], 0, "=Hello from the busy-box sub-container"),
    ("busy", "wget -q -O - -T 1 http://127.0.0.1:9 2>&1 || true; echo x", 0, "x"),
    ("busy", ["id", "-u"], 0, "=0"),
]


def execs(cluster):
    if not cluster.has_kubectl:
        return
    check = cluster.checks.check
    cluster.start(pod("agn",
                      agnhost("netexec",
                              volumeMounts=[mount("/data"), mount("/sub", subPathExpr="mypath/$(FOO)")],
                              env=[{"name": "FOO", "value": "foo"}],
                              resources={"limits": {"cpu": "200m", "memory": "32Mi"}}),
                      volumes=[EMPTY]),
                  pod("busy",
                      container(BUSYBOX, ["sh", "-c", "sleep 100000"],
                                name="main",
                                volumeMounts=[mount("/usr/share/volumeshare")]),
                      container(BUSYBOX, ["/bin/sh"],
                                ["-c", "echo Hello from the busy-box sub-container > /pod-data/shareddata.txt"],
                                name="sub",
                                volumeMounts=[mount("/pod-data")]),
                      volumes=[EMPTY],
                      restartPolicy="Never"),
                  wait=False)
    cluster.ready("agn")
    cluster.wait("busy", lambda p: any("running" in s["state"] for s in (p or {}).get("status", {}).get(
        "containerStatuses", [])) and any("terminated" in s["state"] for s in p["status"]["containerStatuses"]))
    check("a pod of which one container ended goes on", cluster.pods["busy"]["status"]["phase"] == "Running")

    def one(row):
        name, what, wanted, expected = row
        inside = "main" if name == "busy" else None
        code, out, err = (cluster.shell if isinstance(what, str) else lambda n, w, c: cluster.argv(n, *w, container=c))(
            name, what, inside)
        both = out if "REFUSED" not in str(expected) and "not found" not in str(expected) else out + err
        holds = both.strip() == expected[1:] if isinstance(expected, str) and expected.startswith("=") \
            else not found(both, [expected])
        check(f"exec: {what}", code == wanted and holds,
              f"exit {code}, not {wanted}; {out!r} {err[-400:]!r}; want {expected}")

    with ThreadPoolExecutor(4) as pool:
        # In order: some lines use files that earlier ones made.
        for row in EXECS[:12]:
            one(row)
        list(pool.map(one, EXECS[12:]))
    code, out, err = cluster.argv("agn", "sh", "-c", "cat && exit 42", stdin="from stdin")
    check("exec: stdin and an exit code", code == 42 and "from stdin" in out and "exit code 42" in err,
          (code, out, err))
    code, out, err = cluster.kubectl("exec", "agn", "-c", "none", "--", "true")
    check("exec: an unknown container", code != 0
          and re.search("container (none is )?not (valid|found)|none is not valid", err), err)
    code, out, err = cluster.kubectl("exec", "agn", "--", "/no/such/binary")
    check("exec: no such binary", code != 0 and err, (code, err))
    check("exec: nothing of it is in the log", "running in container" not in cluster.log("agn"))
    code, out, err = cluster.kubectl("cp", "agn:/localhost.crt", cluster.server.scratch.name + "/copied")
    check("kubectl cp from a pod", code == 0 and "CERTIFICATE" in open(cluster.server.scratch.name + "/copied").read(),
          err)
    code, _, err = cluster.kubectl("cp", cluster.server.scratch.name + "/copied", "agn:/tmp/back")
    code, out, err = cluster.argv("agn", "cat", "/tmp/back")
    check("kubectl cp to a pod", code == 0 and "CERTIFICATE" in out, err)
    authority = cluster.get("configmaps", "kube-root-ca.crt")["data"]["ca.crt"]
    code, out, err = cluster.argv("agn", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
    check("the root certificate in the pod", out == authority, out)


# Changing volumes (4.2, 4.3) ----------------------------------------------------------------------------------------

def looping(name, path):
    return agnhost("mounttest",
                   "--break_on_expected_content=false",
                   "--retry_time=240",
                   f"--file_content_in_loop={path}",
                   name=name,
                   volumeMounts=[mount(path.rsplit("/", 1)[0], name)])


def updates(cluster):
    check = cluster.checks.check
    kinds = []
    for word, kind, key in (("configmap", "configmaps", "configMap"), ("secret", "secrets", "secret")):
        for projected in (False, True):
            prefix = f"{'p' if projected else ''}{word}-"
            for what in ("delete", "update"):
                cluster.create(kind, {"metadata": {"name": prefix + what},
                                      **({"data": {"data-1": "value-1"}} if kind == "configmaps"
                                         else {"stringData": {"data-1": "value-1"}})})
            base = f"/etc/{'projected-' if projected else ''}{word}-volumes"
            volumes, containers = [], []
            for what, file in (("delete", "data-1"), ("update", "data-3"), ("create", "data-1")):
                source = {"name": prefix + what, "optional": True}
                if projected:
                    volumes.append({"name": what, "projected": {"sources": [{key: source}]}})
                elif key == "secret":
                    volumes.append({"name": what, "secret": {"secretName": prefix + what, "optional": True}})
                else:
                    volumes.append({"name": what, "configMap": source})
                containers.append(looping(what, f"{base}/{what}/{file}"))
            cluster.create("pods", pod(prefix + "updates", *containers, volumes=volumes, restartPolicy="Never"))
            kinds.append((word, kind, prefix, base))
    cluster.create("pods", pod(
        "downward-updates", looping("labels", "/etc/podinfo/labels"), looping("annotations", "/etc/info2/annotations"),
        labels={"key1": "value1"}, annotations={"builder": "bar"},
        volumes=[{"name": "labels", "downwardAPI": {"items": [{"path": "labels", **field("metadata.labels")}]}},
                 {"name": "annotations", "projected": {"sources": [{"downwardAPI": {"items": [
                     {"path": "annotations", **field("metadata.annotations")}]}}]}}]))

    def shows(pod, container, text, claim, seconds=30):
        log = cluster.eventually(lambda: cluster.log(pod, container), lambda t: text in t, seconds)
        check(claim, text in log, log[-500:])

    for word, kind, prefix, base in kinds:
        cluster.ready(prefix + "updates")
        shows(prefix + "updates", "create", f"Error reading file {base}/create/data-1",
              f"{prefix}volume: not there yet")
        shows(prefix + "updates", "delete", "value-1", f"{prefix}volume: there at first")
    shows("downward-updates", "labels", 'key1="value1"\n', "downward labels at first")
    shows("downward-updates", "annotations", 'builder="bar"\n', "downward annotations at first")
    for word, kind, prefix, base in kinds:
        data = "data" if kind == "configmaps" else "stringData"
        cluster.delete(kind, prefix + "delete")
        cluster.patch(kind, prefix + "update", {"data": {"data-1": None}})
        cluster.patch(kind, prefix + "update", {data: {"data-3": "value-3"}})
        cluster.create(kind, {"metadata": {"name": prefix + "create"}, data: {"data-1": "value-1"}})
    cluster.patch("pods", "downward-updates",
                  {"metadata": {"labels": {"key3": "value3"}, "annotations": {"builder": "foo"}}})
    for word, kind, prefix, base in kinds:
        shows(prefix + "updates", "create", "value-1", f"{prefix}volume: created")
        shows(prefix + "updates", "update", "value-3", f"{prefix}volume: updated")
        shows(prefix + "updates", "delete", f"Error reading file {base}/delete/data-1", f"{prefix}volume: deleted")
        cluster.delete("pods", prefix + "updates", 0)
    shows("downward-updates", "labels", 'key1="value1"\nkey3="value3"\n', "downward labels changed")
    shows("downward-updates", "annotations", 'builder="foo"\n', "downward annotations changed")


def subpaths(cluster):
    """Sub-paths that cannot be; and one that can after the pod has changed."""
    check = cluster.checks.check
    rows = [
        ("backticks", "`hostname`", None),
        ("absolute", "/tmp", "error SubPath `/tmp` must not be an absolute path"),
        ("parents", "..", "unable to provision SubPath `..`: must not contain '..'"),
        ("missing", None, "missing value for"),
    ]
    for name, value, _ in rows:
        entries = [{"name": "POD_NAME", "value": value}] if value else [
            {"name": "ANNOTATION", "valueFrom": field("metadata.annotations['mysubpath']")}]
        variable = entries[0]["name"]
        cluster.create(
            "pods",
            pod(f"subpath-{name}",
                container(BUSYBOX, ["sh", "-c", "sleep 600"],
                          env=entries,
                          volumeMounts=[mount("/volume_mount"),
                                        mount("/subpath_mount", subPathExpr=f"$({variable})")]),
                volumes=[EMPTY]))
    for name, _, message in rows[1:]:
        def fails(p, message=message):
            return waiting(p).get("reason") == "CreateContainerConfigError" and message in waiting(p).get("message", "")
        try:
            seen = cluster.wait(f"subpath-{name}", fails, 20)
            check(f"subPathExpr: {name}", seen["status"]["phase"] == "Pending", seen["status"])
        except Broken as late:
            check(f"subPathExpr: {name}", False, late)
    cluster.patch("pods", "subpath-missing", {"metadata": {"annotations": {"mysubpath": "mypath"}}})
    check("subPathExpr: mended by an annotation", cluster.ready("subpath-missing", 30))
    if cluster.has_kubectl:
        code, _, err = cluster.shell("subpath-missing", "touch /subpath_mount/f && test -f /volume_mount/mypath/f")
        check("subPathExpr: the directory of the annotation", code == 0, err)
    # Non-optional sources that are missing.
    cluster.create("pods", pod("no-source", busybox("true", volumeMounts=[mount("/v")]),
                               volumes=volume(configMap={"name": "not-there"})))
    cluster.create("pods", pod("no-key", busybox("true", env=[{"name": "X", "valueFrom": {
        "configMapKeyRef": {"name": "configmap-1", "key": "none"}}}])))
    events = cluster.eventually(lambda: " ".join(cluster.events("no-source")), lambda e: "FailedMount" in e)
    check("a missing config map", 'configmap "not-there" not found' in events, events)
    check("keeps the pod waiting", waiting(cluster.pods["no-source"]).get("reason") == "ContainerCreating",
          cluster.pods["no-source"]["status"])
    check("volumes come before images and the network",
          "Pulling" not in events and "Pulled" not in events
          and not cluster.pods["no-source"]["status"].get("podIP"), (events, cluster.pods["no-source"]["status"]))
    counted = cluster.eventually(
        lambda: [e for e in cluster.call("GET", cluster.path("events"))[1]["items"]
                 if e["involvedObject"]["name"] == "no-source" and e["reason"] == "FailedMount"],
        lambda found: found and found[0]["count"] >= 2)
    check("its event is counted up", len(counted) == 1 and counted[0]["count"] >= 2, counted)
    keyless = cluster.wait("no-key", lambda p: waiting(p).get("reason") == "CreateContainerConfigError", 20)
    check("a missing key", bool(keyless))
    check("leaves an address", keyless["status"].get("podIP"), keyless["status"])
    events = cluster.eventually(lambda: " ".join(cluster.events("no-key")), lambda e: "Failed" in e)
    check("comes after the image", 0 <= events.find(" Pulled ") < events.find(" Failed "), events)


# Probes (5.1, 5.2), restarts, hooks, init containers ----------------------------------------------------------------

def http(path, port, **more):
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 1, **more}


def exec_probe(*command, **more):
    return {"exec": {"command": list(command)}, "periodSeconds": 1, **more}


def probes(cluster):
    check = cluster.checks.check
    health = "echo ok >/tmp/health; sleep 3; rm -rf /tmp/health; sleep 600"
    cat = exec_probe("cat", "/tmp/health", initialDelaySeconds=1, failureThreshold=1, timeoutSeconds=5)
    empty = exec_probe("sh", "-ec", 'touch /var/tmp/ready; [[ "$( cat /var/tmp/ready )" == "" ]]')
    rows = [  # name, pod, ready?, restarts?
        ("file-empty", busybox("sleep 600", readinessProbe=empty), True, False),
        ("file-full", busybox("echo 0 > /var/tmp/ready; sleep 600", readinessProbe=empty), False, False),
        ("exec-fails", busybox(health, livenessProbe=cat), None, True),
        ("exec-holds", busybox("echo ok >/tmp/health; sleep 600", livenessProbe=cat), True, False),
        ("http-fails",
         agnhost("liveness", livenessProbe=http("/healthz", 8080, initialDelaySeconds=3,
                                                failureThreshold=1)), None, True),
        ("http-holds", agnhost("test-webserver", livenessProbe=http("/", 80, failureThreshold=5)), True, False),
        ("tcp-holds", agnhost("liveness", livenessProbe={"tcpSocket": {"port": 8080},
                                                         "periodSeconds": 1}), True, False),
        ("tcp-fails", agnhost("pause", livenessProbe={"tcpSocket": {"port": 8080}, "periodSeconds": 1}), None, True),
        ("not-ready", agnhost("test-webserver", readinessProbe=http("/", 81)), False, False),
        ("grpc-holds",
         agnhost("grpc-health-checking",
                 livenessProbe={"grpc": {"port": 5000}, "periodSeconds": 1, "failureThreshold": 1}), True, False),
        ("grpc-fails",
         agnhost("grpc-health-checking",
                 livenessProbe={"grpc": {"port": 2333}, "periodSeconds": 1, "failureThreshold": 1}), None, True),
        ("redirect-holds", agnhost("liveness", livenessProbe=http("/redirect?loc=http%3A%2F%2F0.0.0.0%2F",
                                                                  8080)), True, False),
        ("redirect-fails", agnhost("liveness", livenessProbe=http("/redirect?loc=%2Fno-such", 8080,
                                                                  failureThreshold=1)), None, True),
        ("startup-holds", agnhost("netexec", startupProbe=http("/hostName", 8080),
                                  readinessProbe=http("/readyz", 8080)), True, False),
        ("startup-fails", agnhost("netexec", startupProbe=http("/", 81, failureThreshold=2)), None, True),
        ("localhost-crt", agnhost("test-webserver", readinessProbe=http("/localhost.crt", 80)), True, False),
        ("https",
         agnhost("porter",
                 env=[{"name": "SERVE_TLS_PORT_443", "value": "x"}],
                 readinessProbe={"httpGet": {"path": "/", "port": 443, "scheme": "HTTPS"},
                                 "periodSeconds": 1}), True, False),
        ("delayed", agnhost("test-webserver", readinessProbe=http("/", 80, initialDelaySeconds=6)), True, False),
        ("startup-exec-slow",
         busybox("sleep 2; touch /tmp/up; sleep 600",
                 startupProbe=exec_probe("cat", "/tmp/up", failureThreshold=60),
                 readinessProbe=exec_probe("cat", "/tmp/up", periodSeconds=30)), True, False),
        ("exec-timeout",
         busybox("sleep 600",
                 livenessProbe=exec_probe("/bin/sh", "-c", "sleep 10", timeoutSeconds=1,
                                          failureThreshold=1)), None, True),
    ]
    cluster.start(*[pod(f"probe-{name}", one) for name, one, _, _ in rows], wait=False)
    for name, _, ready, again in rows:
        try:
            if ready:
                cluster.ready(f"probe-{name}", 20)
            if again:
                cluster.wait(f"probe-{name}", lambda p: restarts(p) >= 1, 40, "no restart")
            holds, detail = True, ""
        except Broken as late:
            holds, detail = False, f"{late} {cluster.events('probe-' + name)}"
        check(f"probe: {name}", holds, detail)
    events = cluster.eventually(lambda: cluster.events("probe-exec-fails"), lambda e: any("Killing" in x for x in e), 5)
    check(
        "probe: events of a liveness failure",
        any(
            e.startswith(
                "Warning Unhealthy Liveness probe failed: cat: can't open '/tmp/health': No such file or directory")
            for e in events)
        and any(e == "Normal Killing Container c failed liveness probe, will be restarted" for e in events), events)
    events = cluster.events("probe-http-fails")
    check("probe: events of an HTTP failure", any(
        e == "Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 500" for e in events), events)
    events = cluster.events("probe-startup-fails")
    check("probe: events of a startup failure", any(
        "Startup probe failed: Get" in e and "connection refused" in e for e in events), events)
    delayed = cluster.pods["probe-delayed"]
    began = state(delayed)["state"]["running"]["startedAt"]
    became = next(c for c in delayed["status"]["conditions"] if c["type"] == "Ready")["lastTransitionTime"]
    waited = time.mktime(time.strptime(became, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(
        time.strptime(began, "%Y-%m-%dT%H:%M:%SZ"))
    check("probe: the initial delay", waited >= 6, waited)
    # The whole second during which nothing may have happened is over by now.
    for name, _, ready, again in rows:
        now = cluster.pods.get(f"probe-{name}")
        if not again:
            check(f"probe: no restart of {name}", restarts(now) == 0 and is_ready(now) == bool(ready), now["status"])
        else:
            counts = [restarts(p) for p in cluster.history[f"probe-{name}"]]
            check(f"probe: restarts of {name} only grow", counts == sorted(counts), counts)
    if cluster.has_kubectl:
        cluster.shell("probe-localhost-crt", "mv -v /localhost.crt /tmp/ || true")
        check("probe: unready without its file", cluster.wait("probe-localhost-crt", lambda p: not is_ready(p), 15))
        cluster.shell("probe-localhost-crt", "mv -v /tmp/localhost.crt / || true")
        check("probe: ready with it again", cluster.ready("probe-localhost-crt", 15))
    for name, _, _, _ in rows:
        cluster.delete("pods", f"probe-{name}", 0)


def hooks(cluster):
    check = cluster.checks.check
    server = cluster.start(pod("hook-server", agnhost("netexec", name="container-handle-http-request"),
                               agnhost("netexec", "--http-port=9090", "--udp-port=9091", name="other")))[0]
    address = server["status"]["podIP"]
    tester = cluster.start(pod("prestop-server", agnhost("nettest",
                                                         ports=[{"containerPort": 8080}])))[0]["status"]["podIP"]
    sidecar = {"name": "container-redirect", "image": AGNHOST, "args": ["netexec", "--udp-port", "-1"],
               "restartPolicy": "Always", "startupProbe": http("/echo?msg=startup", 8080)}

    def curl(word):
        return {"exec": {"command": ["sh", "-c", f"curl http://{address}:8080/echo?msg={word}"]}}

    def dial(word):
        return {"httpGet": {"path": f"/dial?host={address}&port=8080&request=echo%3Fmsg%3D{word}", "port": 8080}}

    # The hook's target, by this pod itself.
    rows = [("post-exec", agnhost(lifecycle={"postStart": curl("poststart-exec")})),
            ("pre-exec", agnhost(lifecycle={"preStop": curl("prestop-exec")})),
            ("post-http", container(PAUSE, lifecycle={"postStart": dial("poststart-http")})),
            ("pre-http", container(PAUSE, lifecycle={"preStop": dial("prestop-http")}))]
    cluster.start(*[pod(f"hook-{n}", c, initContainers=[sidecar], terminationGracePeriodSeconds=15) for n, c in rows],
                  pod("hook-fails", busybox("sleep 600",
                                            lifecycle={"postStart": {"exec": {"command": ["/bin/false"]}}})),
                  pod("prestop-tester",
                      container(BUSYBOX, ["sleep", "600"],
                                lifecycle={
                                    "preStop": {
                                        "exec": {
                                            "command": [
                                                "wget", "-O-", '--post-data={"Source": "prestop"}',
                                                f"http://{tester}:8080/write"
                                            ]
                                        }
                                    }
                                }),
                      terminationGracePeriodSeconds=5),
                  wait=False)
    for name, _ in rows:
        cluster.ready(f"hook-{name}")
        cluster.delete("pods", f"hook-{name}", 15)
    cluster.ready("prestop-tester")
    cluster.delete("pods", "prestop-tester", 5)
    for name, _ in rows:
        cluster.gone(f"hook-{name}", 25)
    cluster.gone("prestop-tester", 15)
    log = cluster.log("hook-server", "container-handle-http-request")
    for word in ("poststart-exec", "prestop-exec", "poststart-http", "prestop-http"):
        check(f"hook: {word}", re.search(rf"GET /echo\?msg={word}", log), log)
    _, _, text = cluster.proxied("prestop-server", "/read")
    check("hook: wget tells nettest", json.loads(text).get("Received", {}).get("prestop", 0) >= 1, text)
    events = cluster.eventually(lambda: cluster.events("hook-fails"),
                                lambda e: any("FailedPostStartHook" in x for x in e))
    check("hook: a failing postStart", any("Warning FailedPostStartHook PostStartHook failed" in e for e in events),
          events)


def init_containers(cluster):
    check = cluster.checks.check

    def inits(*commands):
        return [container(BUSYBOX, [command], name=f"init{i + 1}") for i, command in enumerate(commands)]

    cluster.start(pod("init-never",
                      container(BUSYBOX, ["/bin/true"], name="run1"),
                      initContainers=inits("/bin/true", "/bin/true"),
                      restartPolicy="Never"),
                  pod("init-always", container(PAUSE, name="run1"), initContainers=inits("/bin/true", "/bin/true")),
                  pod("init-never-fails",
                      container(BUSYBOX, ["/bin/true"], name="run1"),
                      initContainers=inits("/bin/true", "/bin/false"),
                      restartPolicy="Never"),
                  pod("init-always-fails",
                      container(PAUSE, name="run1"),
                      initContainers=inits("/bin/false", "/bin/true")),
                  wait=False)

    def condition(p, kind="Initialized"):
        return next((c for c in p["status"].get("conditions", []) if c["type"] == kind), {})

    done = cluster.ended("init-never")
    check("init: Never, phase", done["status"]["phase"] == "Succeeded", done["status"])
    check("init: Never, condition",
          condition(done)["status"] == "True" and condition(done).get("reason") == "PodCompleted", condition(done))
    check("init: Never, statuses", all(
        s["ready"] and s["state"]["terminated"]["exitCode"] == 0 for s in done["status"]["initContainerStatuses"]))
    done = cluster.ready("init-always")
    check("init: Always", condition(done)["status"] == "True" and done["status"]["phase"] == "Running")
    failed = cluster.ended("init-never-fails")
    check("init: Never fails", (failed["status"]["phase"], condition(failed).get("reason"),
                                condition(failed).get("message")) == ("Failed", "ContainersNotInitialized",
                                                                      "containers with incomplete status: [init2]"),
          failed["status"])
    check("init: the main container waits", waiting(failed).get("reason") == "PodInitializing", failed["status"])
    stuck = cluster.wait("init-always-fails",
                         lambda p: state(p, 0, "initContainerStatuses").get("restartCount", 0) >= 2, 40)
    check("init: Always fails", (stuck["status"]["phase"], condition(stuck).get("message")) == (
        "Pending", "containers with incomplete status: [init1 init2]"), stuck["status"])
    for name in ("init-never", "init-always", "init-never-fails", "init-always-fails"):
        faults, was = [], "False"
        for seen in cluster.history[name]:
            now = condition(seen)
            if "containerStatuses" in seen["status"]:
                if now.get("status") not in ("True",
                                             "False") or not now.get("lastTransitionTime") or now["status"] < was:
                    faults.append(now)
                was = now.get("status", was)
                if now.get("status") == "False" and (waiting(seen).get("reason") != "PodInitializing"
                                                     or restarts(seen)):
                    faults.append(seen["status"]["containerStatuses"])
        check(f"init: every status of {name}", not faults, faults)


def ends(cluster):
    check = cluster.checks.check
    long = {"terminationGracePeriodSeconds": 3}
    pulls = ["foo:non-existent", "webserver:404", "gcr.io/google_samples/gb-redisslave:nonexistent",
             "invalid.registry.k8s.io/invalid/alpine:3.1", "no-such-registry/no-such-image",
             "gcr.io/k8s-authenticated-test/agnhost:2.6"]
    cluster.start(pod("end-always",
                      container(BUSYBOX, ["/bin/sh", "-c", COUNTING], volumeMounts=[mount("/restart-count")]),
                      volumes=[MEMORY]),
                  pod("end-crash", container(BUSYBOX, ["/bin/false"])),
                  pod("end-deadline", container(PAUSE), terminationGracePeriodSeconds=1),
                  pod("end-pause", agnhost("pause"), restartPolicy="Never", **long),
                  pod("end-sidecar",
                      busybox("sleep 1"),
                      initContainers=[{"name": "side", "image": AGNHOST, "args": ["pause"], "restartPolicy": "Always"}],
                      restartPolicy="Never"),
                  pod("end-no-command", container(BUSYBOX, ["no-such-program"]), restartPolicy="Never"),
                  pod("end-bad-root",
                      container(BUSYBOX, ["sleep", "600"], securityContext={"runAsNonRoot": True, "runAsUser": 0})),
                  pod("end-root-image", container(BUSYBOX, ["sleep", "600"], securityContext={"runAsNonRoot": True})),
                  pod("end-uid",
                      container(BUSYBOX, ["sleep", "600"], securityContext={"runAsNonRoot": True, "runAsUser": 1000})),
                  pod("end-sysctl",
                      busybox("true"),
                      securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]},
                      restartPolicy="Never"),
                  pod("end-never-pull", container(pulls[3], imagePullPolicy="Never")),
                  pod("end-bad-name", container("Bad_Name!:x")),
                  pod("end-ephemeral", container(BUSYBOX, ["sleep", "600"])),
                  *[pod(f"pull-{i}", container(image)) for i, image in enumerate(pulls)],
                  wait=False)
    cluster.ready("end-deadline")
    status, answer = cluster.patch("pods", "end-deadline", {"spec": {"activeDeadlineSeconds": 4}})
    check("activeDeadlineSeconds can be set", status == 200, answer)
    for index, image in enumerate(pulls):
        seen = {waiting(p).get("reason") for p in cluster.history[f"pull-{index}"]}
        try:
            cluster.wait(f"pull-{index}", lambda p: waiting(p).get("reason") == "ImagePullBackOff", 15)
            seen = {waiting(p).get("reason") for p in cluster.history[f"pull-{index}"]}
        except Broken:
            pass
        check(f"not pulled: {image}", {"ErrImagePull", "ImagePullBackOff"} <= seen, seen)
        last = cluster.pods[f"pull-{index}"]["status"]
        check(f"without its image it has an address: {image}", last.get("podIP")
              and ("PodReadyToStartContainers", "True") in [(c["type"], c["status"]) for c in last["conditions"]], last)
    for name, reason in (("end-never-pull", "ErrImageNeverPull"), ("end-bad-name", "InvalidImageName"),
                         ("end-bad-root", "CreateContainerConfigError"),
                         ("end-root-image", "CreateContainerConfigError"), ("end-crash", "CrashLoopBackOff")):
        try:
            cluster.wait(name, lambda p: waiting(p).get("reason") == reason, 15)
            check(f"{name}: {reason}", True)
        except Broken as late:
            check(f"{name}: {reason}", False, late)
    message = waiting(cluster.pods["end-crash"]).get("message", "")
    uid = cluster.pods["end-crash"]["metadata"]["uid"]
    check("end-crash: the message", re.search(
        rf"back-off \d+s restarting failed container=c pod=end-crash_{NAMESPACE}\({uid}\)", message), message)
    ended = state(cluster.pods["end-crash"]).get("lastState", {}).get("terminated") or {}
    check("end-crash: lastState", (ended.get("exitCode"), ended.get("reason")) == (1, "Error"), ended)
    check("runAsNonRoot with a uid runs", cluster.ready("end-uid"))
    try:
        odd = cluster.ended("end-no-command", 15)
        kept = state(odd)["state"]["terminated"]
        check("no such program: exit 128", kept["exitCode"] in (127, 128) and "executable file not found in $PATH"
              in kept.get("message", ""), kept)
    except Broken as late:
        check("no such program: exit 128", False, late)
    side = cluster.ended("end-sidecar", 20)
    check("a sidecar does not hold its pod", side["status"]["phase"] == "Succeeded", side["status"])
    try:
        refused = cluster.ended("end-sysctl", 10)
        check("an unsafe sysctl",
              (refused["status"]["phase"], refused["status"].get("reason")) == ("Failed", "SysctlForbidden"),
              refused["status"])
    except Broken as late:
        check("an unsafe sysctl", False, late)
    # Bad names are named, the others are not.
    status, answer = cluster.call("POST", cluster.path("pods"), pod("bad-sysctls", busybox("true"), securityContext={
        "sysctls": [{"name": n, "value": v} for n, v in (("foo-", "bar"), ("kernel.shmmax", "100000000"),
                                                       ("safe-and-unsafe", "100000000"), ("bar..", "42"))]}))
    words = answer.get("message", "")
    check("bad sysctl names", status == 422 and '"foo-"' in words and '"bar.."' in words
          and "safe-and-unsafe" not in words and "kernel.shmmax" not in words, words)
    # pause ends with 2 on TERM: seen by the watch before the pod goes.
    cluster.ready("end-pause")
    cluster.delete("pods", "end-pause", 3)
    cluster.gone("end-pause", 15)
    codes = [state(p)["state"]["terminated"]["exitCode"] for p in cluster.history["end-pause"]
             if "terminated" in state(p).get("state", {})]
    check("agnhost pause ends with 2 on TERM", 2 in codes, codes)
    # Ephemeral containers.
    cluster.ready("end-ephemeral")
    status, answer = cluster.patch(
        "pods", "end-ephemeral", {
            "spec": {
                "ephemeralContainers": [{
                    "name": "debugger", "image": BUSYBOX, "command": ["/bin/sh"],
                    "args": ["-c", "while true; do echo polo; sleep 2; done"], "stdin": True, "tty": True
                }]
            }
        }, "/ephemeralcontainers", "application/strategic-merge-patch+json")
    check("ephemeral: patch", status == 200 and answer["metadata"].get("generation") == 2, answer)
    cluster.wait("end-ephemeral", lambda p: "running" in state(p, 0, "ephemeralContainerStatuses").get("state", {}), 20)
    text = cluster.eventually(lambda: cluster.log("end-ephemeral", "debugger"), lambda t: "polo" in t, 10)
    check("ephemeral: log", "polo" in text, text)
    if cluster.has_kubectl:
        code, out, err = cluster.argv("end-ephemeral", "/bin/echo", "marco", container="debugger")
        check("ephemeral: exec", out.strip() == "marco", err)
    whole = cluster.get("pods", "end-ephemeral")
    whole["spec"]["ephemeralContainers"].append({"name": "debugger2", "image": AGNHOST})
    status, answer = cluster.call("PUT", cluster.path("pods", "end-ephemeral") + "/ephemeralcontainers", whole)
    check("ephemeral: put", status == 200 and len(answer["spec"]["ephemeralContainers"]) == 2, answer)
    check("ephemeral: two run", cluster.wait("end-ephemeral", lambda p: "running" in state(
        p, 1, "ephemeralContainerStatuses").get("state", {}), 20))
    # The deadline, and the third run.
    late = cluster.wait("end-deadline", lambda p: p and p["status"].get("phase") == "Failed", 30)
    check("activeDeadlineSeconds", (late["status"].get("reason"), late["status"].get("message")) == (
        "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"), late["status"])
    always = cluster.wait("end-always", lambda p: restarts(p) == 2 and is_ready(p), 60, "third run")
    check("Always restarts twice and stays", always["status"]["phase"] == "Running")
    events = cluster.events("end-crash")
    check(
        "events of a start",
        any("Created Container created" in e for e in events) and any("Started Container started" in e for e in events)
        and any("Warning BackOff Back-off restarting failed container c" in e for e in events), events)


CHAPTERS = [("logs", logs), ("execs", execs), ("updates", updates), ("subpaths", subpaths), ("probes", probes),
            ("hooks", hooks), ("init", init_containers), ("ends", ends)]

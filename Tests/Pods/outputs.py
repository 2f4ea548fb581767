"""Pods that run to their end: what they print, their exit code, termination message and restarts."""
import json
import re

from cluster import AGNHOST, BUSYBOX, REGISTRY, Broken, agnhost, busybox, container, found, mount, pod

EMPTY = {"name": "v", "emptyDir": {}}
MEMORY = {"name": "v", "emptyDir": {"medium": "Memory"}}
NEW_FILE = "mount-tester new file\n"


def volume(**source):
    return [{"name": "v", **source}]


def field(path):
    return {"fieldRef": {"fieldPath": path}}


def resource(what, **more):
    return {"resourceFieldRef": {"resource": what, "containerName": "c", **more}}


class Row:
    def __init__(self, claim, container, *expected, phase="Succeeded", code=None, message=None, exact=None,
                 lacks=(), restarts=None, **spec):
        self.claim, self.container, self.expected, self.phase = claim, container, expected, phase
        self.code = code if code is not None else (0 if phase == "Succeeded" else None)
        self.message, self.exact, self.lacks, self.restarts = message, exact, lacks, restarts
        self.annotations, self.labels = spec.pop("annotations", None), spec.pop("labels", None)
        self.spec = {"restartPolicy": "Never", **spec}

    def pod(self, name):
        return pod(name, self.container, labels=self.labels, annotations=self.annotations, **self.spec)

    def judge(self, cluster, name):
        try:
            status = cluster.ended(name, 60)["status"]
        except Broken as late:
            return [str(late), str(cluster.events(name))]
        faults = []
        if status["phase"] != self.phase:
            faults.append(f"phase {status['phase']}, not {self.phase}")
        of = status["containerStatuses"][0]
        ended = of["state"].get("terminated", {})
        text = cluster.log(name)
        if self.code is not None and ended.get("exitCode") != self.code:
            faults.append(f"exit code {ended.get('exitCode')}, not {self.code}")
        if self.message is not None and ended.get("message", "") != self.message:
            faults.append(f"message {ended.get('message')!r}, not {self.message!r}")
        if self.restarts is not None and of["restartCount"] != self.restarts:
            faults.append(f"{of['restartCount']} restarts, not {self.restarts}")
        if self.exact is not None and text != self.exact:
            faults.append(f"log is not {self.exact!r}")
        faults += [f"log lacks {e!r}" for e in found(text, self.expected)]
        faults += [f"log has {e!r}" for e in self.lacks if e in text]
        return faults and faults + [f"log {text!r}"]


# agnhost (2) --------------------------------------------------------------------------------------------------------

SUBCOMMANDS = [
    Row("override arguments", agnhost("entrypoint-tester", "override", "arguments"),
        "[/agnhost entrypoint-tester override arguments]"),
    Row("override command", container(AGNHOST, ["/agnhost-2", "entrypoint-tester"]), "[/agnhost-2 entrypoint-tester]"),
    Row("override command and arguments",
        container(AGNHOST, ["/agnhost-2"], ["entrypoint-tester", "override", "arguments"]),
        "[/agnhost-2 entrypoint-tester override arguments]"),
    Row("agnhost inside a shell line", container(AGNHOST, ["/bin/sh", "-c", "/agnhost entrypoint-tester a && echo b"]),
        "[/agnhost entrypoint-tester a]\nb"),
    Row("an unknown subcommand exits 1", agnhost("no-such-thing"), phase="Failed", code=1),
    Row("an unknown flag exits 1", agnhost("pause", "--no-such-flag"), phase="Failed", code=1),
    Row(
        "logs-generator", agnhost("logs-generator", "--log-lines-total", "10", "--run-duration", "1s"),
        re.compile(r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ logs_generator\.go:\d+\] 9 (GET|POST|PUT) "
                   r"/api/v1/namespaces/(kube-system|default|ns)/pods/[a-z]+ \d{3}\n$")),
    Row("logs-generator without its options fails", agnhost("logs-generator"), phase="Failed"),
    Row("etc-hosts", agnhost("etc-hosts"), "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"),
    Row("host aliases",
        busybox("cat /etc/hosts"),
        "# Entries added by HostAliases.\n123.45.67.89\tfoo\tbar\n",
        hostAliases=[{"ip": "123.45.67.89", "hostnames": ["foo", "bar"]}]),
    Row("dns-suffix", agnhost("dns-suffix"),
        re.compile(r"^pods\.svc\.cluster\.local,svc\.cluster\.local,cluster\.local")),
    Row("dns-server-list", agnhost("dns-server-list"), "10.96.0.10"),
    Row("dns-suffix of dnsPolicy None",
        agnhost("dns-suffix"),
        "resolv.conf.local",
        dnsPolicy="None",
        dnsConfig={"nameservers": ["1.1.1.1"], "searches": ["resolv.conf.local"]}),
    Row("dns-server-list of dnsPolicy None",
        agnhost("dns-server-list"),
        "1.1.1.1",
        dnsPolicy="None",
        dnsConfig={"nameservers": ["1.1.1.1"], "searches": ["resolv.conf.local"]}),
    Row("nonewprivs with escalation",
        container(REGISTRY + "nonewprivs:1.4", securityContext={"runAsUser": 1000, "allowPrivilegeEscalation": True}),
        "Effective uid: 0"),
    Row("connect to nobody",
        agnhost("connect", "--timeout=3s", "127.0.0.1:9"),
        re.compile("^REFUSED"),
        phase="Failed",
        code=1),
    Row("connect to an unknown name",
        agnhost("connect", "--timeout=3s", "no-such-name.invalid:80"),
        re.compile("^DNS: "),
        phase="Failed",
        code=1),
]

# Commands of main processes (3.1) -----------------------------------------------------------------------------------

COUNTING = """
f=/restart-count/restartCount
count=$(echo 'hello' >> $f ; wc -l $f | awk {'print $1'})
if [ $count -eq 1 ]; then
	exit 1
fi
if [ $count -eq 2 ]; then
	exit 0
fi
while true; do sleep 1; done
"""


def message_of(script, policy="FallbackToLogsOnError", path="/dev/termination-log", **more):
    return busybox(script, terminationMessagePolicy=policy, terminationMessagePath=path, **more) | {
        "command": ["/bin/sh", "-c"], "args": [script]}


def counting(policy, phase, code, restarts):
    return Row(f"runs with restart policy {policy}",
               busybox(COUNTING, volumeMounts=[mount("/restart-count")]), phase=phase, code=code, restarts=restarts,
               restartPolicy=policy, volumes=[MEMORY])


UNPRIVILEGED = {"privileged": False}

COMMANDS = [
    Row("$(VAR) in a command",
        busybox('TEST_VAR=wrong echo "$(TEST_VAR)"', env=[{"name": "TEST_VAR", "value": "test-value"}]),
        exact="test-value\n"),
    Row("$(VAR) in arguments",
        container(BUSYBOX, ["sh", "-c"], ['TEST_VAR=wrong echo "$(TEST_VAR)"'],
                  env=[{"name": "TEST_VAR", "value": "test-value"}]),
        exact="test-value\n"),
    Row("/bin/true", container(BUSYBOX, ["/bin/true"]), exact=""),
    Row("/bin/false", container(BUSYBOX, ["/bin/false"]), phase="Failed", code=1),
    Row("a termination message", message_of("/bin/echo -n DONE > /dev/termination-log", "File"), message="DONE"),
    Row("a termination message of uid 10000 in a path of its own",
        message_of("/bin/echo -n DONE > /dev/termination-custom-log",
                   "File",
                   "/dev/termination-custom-log",
                   securityContext={"runAsUser": 10000}),
        message="DONE"),
    Row("a termination message from the log",
        message_of("/bin/echo -n DONE; /bin/false"),
        phase="Failed",
        code=1,
        message="DONE"),
    Row("no termination message from the log on success", message_of("/bin/echo -n DONE; /bin/true"), message=""),
    Row("the file goes before the log",
        message_of("/bin/echo -n OK > /dev/termination-log; /bin/echo DONE; /bin/true"),
        message="OK"),
    Row("a log without a last newline", busybox("echo -n DONE"), exact="DONE"),
    counting("Never", "Failed", 1, 0),
    counting("OnFailure", "Succeeded", 0, 1),
    Row("a relative path is of /", busybox("touch checkfile && ls /checkfile"), exact="/checkfile\n"),
    Row("a read-only root",
        busybox("touch checkfile", securityContext={"readOnlyRootFilesystem": True}),
        phase="Failed",
        code=1),
    Row("uid 65534", busybox("test $(id -u) -eq 65534", securityContext={"runAsUser": 65534})),
    Row("uid and gid of the pod",
        busybox("id"),
        "uid=1001",
        "gid=2002",
        securityContext={"runAsUser": 1001, "runAsGroup": 2002}),
    Row("uid and gid of the container",
        busybox("id", securityContext={"runAsUser": 1001, "runAsGroup": 2002}),
        exact="uid=1001 gid=2002 groups=2002\n",
        securityContext={"runAsUser": 1003, "runAsGroup": 3003}),
    Row("id of root", busybox("id"), "uid=0(root) gid=0(root)"),
    Row("no link without privileges", busybox("ip link add dummy0 type dummy || true", securityContext=UNPRIVILEGED),
        "Operation not permitted"),
    Row("a sysctl",
        container(BUSYBOX, ["/bin/sysctl", "kernel.shm_rmid_forced"]),
        "kernel.shm_rmid_forced = 1",
        securityContext={"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}),
    Row("a sysctl with slashes",
        container(BUSYBOX, ["/bin/sysctl", "kernel/shm_rmid_forced"]),
        "kernel.shm_rmid_forced = 1",
        securityContext={"sysctls": [{"name": "kernel/shm_rmid_forced", "value": "1"}]}),
    Row("hexdump of binary data",
        container(BUSYBOX, ["hexdump", "-C", "/etc/configmap-volume/dump.bin"],
                  volumeMounts=[mount("/etc/configmap-volume")]),
        "00000000  de ca fe ba d0 fe ff",
        volumes=volume(configMap={"name": "binary"})),
    Row("exit 42", busybox("exit 42"), phase="Failed", code=42),
    Row(
        "an even completion index",
        container(BUSYBOX, ["/bin/sh", "-c"],
                  ["if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then exit 1\nelse\nexit 0\nfi"],
                  env=[{"name": "JOB_COMPLETION_INDEX", "value": "2"}])),
    Row("an odd completion index",
        container(BUSYBOX, ["/bin/sh", "-c"],
                  ["if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then exit 1\nelse\nexit 0\nfi"],
                  env=[{"name": "JOB_COMPLETION_INDEX", "value": "3"}]),
        phase="Failed",
        code=1),
    Row("fails once per index",
        container(BUSYBOX, ["/bin/sh", "-c"], [
            "if [[ -r /data/foo-$JOB_COMPLETION_INDEX ]] ; then exit 0 ; else touch /data/foo-$JOB_COMPLETION_INDEX ; "
            "exit 1 ; fi"
        ],
                  env=[{"name": "JOB_COMPLETION_INDEX", "value": "1"}],
                  volumeMounts=[mount("/data")]),
        restartPolicy="OnFailure",
        restarts=1,
        volumes=[EMPTY]),
    Row("a random exit", busybox("exit $(( $RANDOM / 32768 ))")),
    Row("words after the -c string",
        container(BUSYBOX, ["/bin/sh", "-c", "echo $0", "/crash/missing"]),
        exact="/crash/missing\n"),
    Row("an unknown command in a shell", busybox("foo-bar"), "foo-bar: not found", phase="Failed", code=127),
    Row("busybox without a command ends", container(BUSYBOX)),
    Row("the nonroot image",
        container(REGISTRY + "nonroot:1.5", ["sh", "-c", "id -u"], securityContext={"runAsNonRoot": True}),
        exact="1234\n"),
    Row(
        "logs generated, then more",
        container(AGNHOST, ["/bin/sh", "-c"],
                  ["/agnhost logs-generator --log-lines-total 5 --run-duration 1s && echo done"]),
        re.compile(r"\] 4 (GET|POST|PUT) [^\n]*\ndone\n$")),
]

# Environment (4.7) --------------------------------------------------------------------------------------------------

LIMITS = {"limits": {"cpu": "1250m", "memory": "64Mi"}, "requests": {"cpu": "250m", "memory": "32Mi"}}


def env(*pairs, **more):
    entries = [{"name": name, **({"value": value} if isinstance(value, str) else {"valueFrom": value})}
               for name, value in pairs]
    return busybox("env", env=entries, **more)


def every(prefix, kind):
    return {"prefix": prefix, f"{kind}Ref": {"name": f"{kind.lower()}-1"}}


ENVIRONMENT = [
    Row("secret key in the environment", env(("SECRET_DATA", {"secretKeyRef": {"name": "secret-1", "key": "data-1"}})),
        "SECRET_DATA=value-1"),
    Row("config map key in the environment",
        env(("CONFIG_DATA_1", {"configMapKeyRef": {"name": "configmap-1", "key": "data-1"}})), "CONFIG_DATA_1=value-1"),
    Row(
        "envFrom with odd prefixes, secret",
        busybox("env",
                envFrom=[{"secretRef": {"name": "secret-1"}}] +
                [every(p, "secret") for p in ("p-", "1-", "$_-", "ABC_", "#@!")]), "\np-data-1=value-1\n",
        "\n1-data-1=value-1\n", "\n$_-data-1=value-1\n", "\nABC_data-1=value-1\n", "\n#@!data-1=value-1\n",
        "\ndata-1=value-1\n", "\ndata-3=value-3\n"),
    Row(
        "envFrom with odd prefixes, config map",
        busybox("env",
                envFrom=[{"configMapRef": {"name": "configmap-1"}}] +
                [every(p, "configMap") for p in ("p-", "1-", "$_-", "ABC_", "#@!")]), "\np-data-1=value-1\n",
        "\n1-data-1=value-1\n", "\n$_-data-1=value-1\n", "\n#@!data-2=value-2\n", "\ndata-3=value-3\n"),
    Row(
        "name, namespace, IP",
        env(("POD_NAME", field("metadata.name")), ("POD_NAMESPACE", field("metadata.namespace")),
            ("POD_IP", field("status.podIP"))), re.compile(r"POD_NAME=[a-z]+-\d+\n"), "POD_NAMESPACE=pods\n",
        re.compile(r"POD_IP=\d+\.\d+\.\d+\.\d+\n")),
    Row("host IPs", env(("HOST_IP", field("status.hostIP")), ("HOST_IPS", field("status.hostIPs"))),
        re.compile(r"HOST_IP=(\d+\.){3}\d+\n"), re.compile(r"HOST_IPS=(\d+\.){3}\d+\n")),
    Row("host IP of a host network pod",
        env(("HOST_IP", field("status.hostIP"))),
        re.compile(r"HOST_IP=(\d+\.){3}\d+\n"),
        hostNetwork=True),
    Row("uid", env(("POD_UID", field("metadata.uid"))), re.compile("POD_UID=[a-z0-9]{8}-[a-z0-9]{4}-.*[a-z0-9]{12}")),
    Row("label, annotation, account, node",
        env(("L", field("metadata.labels['a']")), ("A", field("metadata.annotations['b']")),
            ("S", field("spec.serviceAccountName")), ("N", field("spec.nodeName"))),
        "\nL=one\n",
        "\nA=two\n",
        "\nS=default\n",
        re.compile(r"\nN=node-\d\n"),
        labels={"a": "one"},
        annotations={"b": "two"}),
    Row(
        "limits and requests",
        env(("CPU_LIMIT", resource("limits.cpu")), ("MEMORY_LIMIT", resource("limits.memory")),
            ("CPU_REQUEST", resource("requests.cpu")), ("MEMORY_REQUEST", resource("requests.memory")),
            ("CPU_MILLI", resource("limits.cpu", divisor="1m")),
            resources=LIMITS), "CPU_LIMIT=2\n", "MEMORY_LIMIT=67108864\n", "CPU_REQUEST=1\n",
        "MEMORY_REQUEST=33554432\n", "CPU_MILLI=1250\n"),
    Row("limits are the node's by default",
        env(("CPU_LIMIT", resource("limits.cpu")), ("MEMORY_LIMIT", resource("limits.memory"))),
        re.compile("CPU_LIMIT=[1-9]"), re.compile("MEMORY_LIMIT=[1-9]")),
    Row("service links", busybox("env"), "FOOSERVICE_SERVICE_HOST=", "FOOSERVICE_SERVICE_PORT=8765\n",
        re.compile(r"FOOSERVICE_PORT=tcp://[\d.]+:8765\n"), re.compile(r"FOOSERVICE_PORT_8765_TCP=tcp://[\d.]+:8765\n"),
        "FOOSERVICE_PORT_8765_TCP_PROTO=tcp\n", "FOOSERVICE_PORT_8765_TCP_PORT=8765\n",
        re.compile(r"FOOSERVICE_PORT_8765_TCP_ADDR=[\d.]+\n"), "KUBERNETES_SERVICE_HOST=10.96.0.1\n",
        "KUBERNETES_SERVICE_PORT=443\n", "KUBERNETES_SERVICE_PORT_HTTPS=443\n"),
    Row("service links off", busybox("env"), "KUBERNETES_SERVICE_HOST=", lacks=["FOOSERVICE"],
        enableServiceLinks=False),
    Row(
        "composed variables",
        env(("FOO", "foo-value"), ("BAR", "bar-value"), ("FOOBAR", "$(FOO);;$(BAR)"), ("NONE", "$(NOPE)"),
            ("ESCAPED", "$$(FOO)")), "FOO=foo-value\n", "BAR=bar-value\n", "FOOBAR=foo-value;;bar-value\n",
        "NONE=$(NOPE)\n", "ESCAPED=$(FOO)\n"),
    Row("an env entry hides envFrom",
        busybox("env", envFrom=[{"configMapRef": {"name": "configmap-1"}}], env=[{"name": "data-1", "value": "mine"}]),
        "\ndata-1=mine\n"),
    Row("defaults", busybox("env"), "PATH=/", re.compile("HOSTNAME=[a-z]+-"), "HOME=/"),
    Row("the host name of the spec", busybox("hostname; echo $HOSTNAME"), exact="named\nnamed\n", hostname="named"),
]

# Volumes (4.1) ------------------------------------------------------------------------------------------------------


def mounttest(*flags, path="/test-volume", **more):
    return agnhost("mounttest", *flags, volumeMounts=[mount(path, **more.pop("mount", {}))], **more)


def emptydir(claim, medium, mode, uid):
    word = {"0644": "-rw-r--r--", "0666": "-rw-rw-rw-", "0777": "-rwxrwxrwx"}[mode]
    user = {"runAsUser": uid} if uid else {}
    medium_name = "tmpfs" if medium else "default"
    expected = [
        f'perms of file "/test-volume/test-file": {word}', f'content of file "/test-volume/test-file": {NEW_FILE}'
    ]
    return Row(f"emptyDir ({'non-root' if uid else 'root'},{mode},{medium_name})", mounttest(
        "--fs_type=/test-volume", f"--new_file_{mode}=/test-volume/test-file", "--file_perm=/test-volume/test-file",
        securityContext=user), *expected, *(['mount type of "/test-volume": tmpfs'] if medium else []),
        volumes=[MEMORY if medium else EMPTY])


def keyed(kind, name, **more):
    """The source of a configMap, secret, or the same projected."""
    where = {"configMap": ("configMap", {"name": name, **more}), "secret": ("secret", {"secretName": name, **more})}
    if kind.startswith("projected "):
        inner = kind.removeprefix("projected ")
        mode = more.pop("defaultMode", None)
        return {"projected": {"sources": [{inner: {"name": name, **more}}],
                              **({"defaultMode": mode} if mode is not None else {})}}
    return {where[kind][0]: where[kind][1]}


def keyed_rows(kind):
    name = "secret-1" if "secret" in kind else "configmap-1"
    file = "/test-volume/data-1"
    mapped = {"items": [{"key": "data-2", "path": "path/to/data-2"}]}
    mapped_file = "/test-volume/path/to/data-2"
    sticky = "dtrwxrwxrwx" if kind != "configMap" else "drwxrwxrwx"
    user = {"securityContext": {"runAsUser": 1000}}

    def contents(path, value):
        return f'content of file "{path}": {value}\n'

    def row(claim, path, value, *more, source=None, spec=None):
        return Row(f"{kind}: {claim}", mounttest(f"--file_content={path}", f"--file_mode={path}"),
                   contents(path, value), *more, volumes=volume(**keyed(kind, name, **(source or {}))), **(spec or {}))

    yield row("plain", file, "value-1", f'mode of file "{file}": -rw-r--r--')
    yield row("defaultMode", file, "value-1", f'mode of file "{file}": -r--------', source={"defaultMode": 0o400})
    yield row("non-root", file, "value-1", spec=user)
    yield row("defaultMode and fsGroup", file, "value-1", f'mode of file "{file}": -r--r-----',
              source={"defaultMode": 0o440}, spec={"securityContext": {"runAsUser": 1000, "fsGroup": 1001}})
    yield row("mappings", mapped_file, "value-2", f'mode of file "{mapped_file}": -rw-r--r--', source=mapped)
    yield row("mappings and item mode", mapped_file, "value-2", f'mode of file "{mapped_file}": -r--------',
              source={"items": [{"key": "data-2", "path": "path/to/data-2", "mode": 0o400}]})
    yield row("mappings, non-root", mapped_file, "value-2", source=mapped, spec=user)
    yield Row(f"{kind}: directory", mounttest("--file_mode=/test-volume"), f'mode of file "/test-volume": {sticky}',
              volumes=volume(**keyed(kind, name)))
    yield Row(f"{kind}: several volumes", agnhost(
        "mounttest", "--file_content=/a/data-1", "--file_mode=/b/data-1",
        volumeMounts=[mount("/a", "a"), mount("/b", "b")]), contents("/a/data-1", "value-1"),
        volumes=[{"name": "a", **keyed(kind, name)}, {"name": "b", **keyed(kind, name)}])
    yield Row(f"{kind}: an optional one that is missing", agnhost(
        "mounttest", "--file_content=/test-volume/data-1", volumeMounts=[mount("/test-volume")]),
        'error reading file content for "/test-volume/data-1": open /test-volume/data-1: no such file or directory',
        phase="Failed", code=1, volumes=volume(**keyed(kind, "missing", optional=True)))


def downward_rows(kind):
    def source(items, mode=None):
        more = {"defaultMode": mode} if mode is not None else {}
        if kind == "projected downwardAPI":
            return volume(projected={"sources": [{"downwardAPI": {"items": items}}], **more})
        return volume(downwardAPI={"items": items, **more})

    def row(claim, items, *expected, file="podname", mode=None, **more):
        path = f"/etc/podinfo/{file}"
        spec = more.pop("spec", {})
        return Row(f"{kind}: {claim}",
                   mounttest(f"--file_content={path}", f"--file_mode={path}", path="/etc/podinfo", **more),
                   *expected,
                   volumes=source(items, mode),
                   **spec)

    name = {"path": "podname", **field("metadata.name")}
    text = re.compile(r'content of file "/etc/podinfo/podname": [a-z]+-\d+\n')
    yield row("pod name", [name], text, 'mode of file "/etc/podinfo/podname": -rw-r--r--')
    yield row("defaultMode", [name], text, 'mode of file "/etc/podinfo/podname": -r--------', mode=0o400)
    yield row("item mode", [{**name, "mode": 0o400}], text, 'mode of file "/etc/podinfo/podname": -r--------')
    yield row("non-root with fsGroup", [name], text, 'mode of file "/etc/podinfo/podname": -r--r-----', mode=0o440,
              spec={"securityContext": {"runAsUser": 1000, "fsGroup": 1001}})
    for what, value in (("limits.cpu", "2"), ("limits.memory", "67108864"), ("requests.cpu", "1"),
                        ("requests.memory", "33554432")):
        yield row(what, [{"path": "x", **resource(what)}], f'content of file "/etc/podinfo/x": {value}\n', file="x",
                  resources=LIMITS)
    for what in ("limits.cpu", "limits.memory"):
        yield row(f"{what} of the node", [{"path": "x", **resource(what)}],
                  re.compile(r'content of file "/etc/podinfo/x": [1-9]\d*\n'), file="x")
    yield row("labels", [{"path": "labels", **field("metadata.labels")}],
              'content of file "/etc/podinfo/labels": key1="value1"\nkey2="value2"\n', file="labels",
              spec={"labels": {"key2": "value2", "key1": "value1"}})
    yield row("annotations", [{"path": "annotations", **field("metadata.annotations")}],
              'builder="bar"\n', file="annotations", spec={"annotations": {"builder": "bar"}})


GROUP = {"securityContext": {"fsGroup": 123}}
ALL = [{"configMap": {"name": "configmap-1", "items": [{"key": "data-1", "path": "configmap-data"}]}},
       {"secret": {"name": "secret-1", "items": [{"key": "data-1", "path": "secret-data"}]}},
       {"downwardAPI": {"items": [{"path": "podname", **field("metadata.name")}]}}]


def subpath(claim, source, path, value):
    """A file of a volume, mounted as a file."""
    return Row(f"subPath of {claim}", agnhost(
        "mounttest", "--file_content_in_loop=/test-volume", "--retry_time=2", "--break_on_expected_content=false",
        volumeMounts=[mount("/test-volume", subPath=path)]), re.compile(f'content of file "/test-volume": {value}\n'),
        volumes=volume(**source))


VOLUMES = [
    *[
        emptydir("", medium, mode, uid) for medium in (True, False) for mode in ("0644", "0666", "0777")
        for uid in (0, 1000)
    ],
    Row("emptyDir on the default medium",
        mounttest("--fs_type=/test-volume", "--file_perm=/test-volume", "--file_mode=/test-volume"),
        'perms of file "/test-volume": -rwxrwxrwx',
        'mode of file "/test-volume": drwxrwxrwx',
        re.compile(r'mount type of "/test-volume": \d+\n'),
        volumes=[EMPTY]),
    Row("emptyDir on tmpfs",
        mounttest("--fs_type=/test-volume", "--file_perm=/test-volume", "--file_mode=/test-volume"),
        'mount type of "/test-volume": tmpfs',
        'perms of file "/test-volume": -rwxrwxrwx',
        'mode of file "/test-volume": dtrwxrwxrwx',
        volumes=[MEMORY]),
    Row("emptyDir with fsGroup",
        mounttest("--new_file_0660=/test-volume/f", "--file_owner=/test-volume/f", "--file_perm=/test-volume/f"),
        'perms of file "/test-volume/f": -rw-rw----',
        'owner GID of "/test-volume/f": 123',
        volumes=[MEMORY],
        **GROUP),
    Row("a subPath directory with fsGroup",
        mounttest("--file_perm=/test-volume",
                  "--file_owner=/test-volume",
                  "--file_mode=/test-volume",
                  mount={"subPath": "test-sub"}),
        'perms of file "/test-volume": -rwxrwxrwx',
        'owner UID of "/test-volume": 0',
        'owner GID of "/test-volume": 123',
        'mode of file "/test-volume": dgtrwxrwxrwx',
        volumes=[MEMORY],
        **GROUP),
    *[row for kind in ("configMap", "secret", "projected configMap", "projected secret") for row in keyed_rows(kind)],
    *[row for kind in ("downwardAPI", "projected downwardAPI") for row in downward_rows(kind)],
    Row("all projected together",
        busybox("cat /all/podname && cat /all/secret-data && cat /all/configmap-data", volumeMounts=[mount("/all")]),
        "value-1value-1",
        volumes=volume(projected={"sources": ALL})),
    Row("the account's files", busybox("cd /var/run/secrets/kubernetes.io/serviceaccount; cat namespace; ls"),
        "podsca.crt\nnamespace\n"),
    subpath("a secret", {"secret": {"secretName": "secret-1"}}, "data-1", "value-1"),
    subpath("a config map", {"configMap": {"name": "configmap-1"}}, "data-1", "value-1"),
    subpath("downward files", {"downwardAPI": {"items": [{"path": "downward/podname", **field("metadata.name")}]}},
            "downward/podname", r"[a-z]+-\d+"),
    subpath(
        "a projected volume", {
            "projected": {
                "sources": [{
                    "configMap": {
                        "name": "configmap-1", "items": [{"key": "data-1", "path": "projected/configmap-key"}]
                    }
                }]
            }
        }, "projected/configmap-key", "value-1"),
    Row("subPath over a file of the image",
        agnhost("mounttest",
                "--file_content=/etc/resolv.conf",
                volumeMounts=[mount("/etc/resolv.conf", subPath="data-1")]),
        'content of file "/etc/resolv.conf": value-1\n',
        volumes=volume(configMap={"name": "configmap-1"})),
    Row("subPathExpr makes a directory",
        busybox("test -d /testcontainer/$NAME;echo $?",
                env=[{"name": "NAME", "valueFrom": field("metadata.name")}],
                volumeMounts=[mount("/logscontainer", subPathExpr="$(NAME)"),
                              mount("/testcontainer")]),
        exact="0\n",
        volumes=[EMPTY]),
    Row("hostPath FileOrCreate",
        busybox("cat /etc/hosts-original", volumeMounts=[mount("/etc/hosts-original")]),
        "localhost",
        volumes=volume(hostPath={"path": "/etc/hosts", "type": "FileOrCreate"})),
    Row("a mount over /etc/hosts",
        busybox("head -n1 /etc/hosts", volumeMounts=[mount("/etc/hosts")]),
        lacks=["# Kubernetes-managed hosts file."],
        volumes=volume(hostPath={"path": "/etc/hosts", "type": "FileOrCreate"})),
    Row("/etc/hosts with host network",
        busybox("cat /etc/hosts"),
        "# Kubernetes-managed hosts file (host network).",
        hostNetwork=True),
    Row("an image volume",
        busybox("cat /volume/data.json /volume/etc/os-release", volumeMounts=[mount("/volume")]),
        "kitten.jpg",
        "Alpine Linux",
        volumes=volume(image={"reference": REGISTRY + "kitten:1.8", "pullPolicy": "IfNotPresent"})),
    Row("the size of a memory volume",
        busybox("df | grep /usr/share/volumeshare | awk '{print $2}'", volumeMounts=[mount("/usr/share/volumeshare")]),
        exact="10240\n",
        volumes=[{"name": "v", "emptyDir": {"medium": "Memory", "sizeLimit": "10Mi"}}]),
    Row("resolv.conf", busybox("cat /etc/resolv.conf"), "search pods.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10\n", "options ndots:5"),
    Row("resolv.conf with an option",
        busybox("cat /etc/resolv.conf"),
        "ndots:2",
        lacks=["ndots:5"],
        dnsConfig={"options": [{"name": "ndots", "value": "2"}]}),
    Row("resolv.conf of the node",
        busybox("cat /etc/resolv.conf"),
        "nameserver",
        lacks=["10.96.0.10"],
        dnsPolicy="Default"),
    Row("hosts of a subdomain",
        busybox("cat /etc/hosts"),
        re.compile(r"\n[\d.]+\thosty\.suby\.pods\.svc\.cluster\.local\thosty\n"),
        hostname="hosty",
        subdomain="suby"),
]

# Files of the kernel and the runtime (4.4, 4.5) -----------------------------------------------------------------------

SYSTEM = [
    Row("/proc/mounts",
        busybox("grep ' /volume ' /proc/mounts; cmp /proc/mounts /proc/self/mounts && echo same",
                volumeMounts=[mount("/volume")]),
        exact="tmpfs /volume tmpfs rw,relatime 0 0\nsame\n",
        volumes=[MEMORY]),
    Row("/proc/self/cgroup", busybox("cat /proc/self/cgroup /proc/1/cgroup"), exact="0::/\n0::/\n"),
    Row("/proc/cpuinfo", busybox("grep -c ^processor /proc/cpuinfo; nproc"), exact="4\n4\n"),
    Row("/proc/meminfo", busybox("grep MemTotal /proc/meminfo"), re.compile(r"^MemTotal: +[1-9]\d+ kB\n$")),
    Row("/proc/self/uid_map", busybox("cat /proc/self/uid_map"), exact="         0          0 4294967295\n"),
    Row("Seccomp, unconfined", busybox("grep Seccomp /proc/self/status"), exact="Seccomp:\t0\n"),
    Row("Seccomp, filtered",
        busybox("grep Seccomp /proc/self/status", securityContext={"seccompProfile": {"type": "RuntimeDefault"}}),
        exact="Seccomp:\t2\n"),
    Row("/dev", busybox("echo gone > /dev/null; echo x > /dev/shm/a; cat /dev/shm/a; head -c 3 /dev/zero | hexdump -C"),
        "x\n00000000  00 00 00 "),
    Row("a host name of its own", busybox("hostname; cat /etc/hostname; echo $HOSTNAME"), exact="over\nover\nover\n",
        hostnameOverride="over"),
    Row("the domain in the host name", busybox("hostname"), exact="hosty.suby.pods.svc.cluster.local\n",
        hostname="hosty", subdomain="suby", setHostnameAsFQDN=True),
    Row("a container that takes too much memory",
        container("polinux/stress", ["stress"], ["--vm", "1", "--vm-bytes", "150M", "--vm-hang", "1"],
                  resources={"limits": {"memory": "100Mi"}}),
        "stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd",
        phase="Failed",
        code=137),
    Row("pi", container("perl:5.34.0", ["perl", "-Mbignum=bpi", "-wle", "print bpi(30)"]),
        exact="3.14159265358979323846264338328\n"),
]

TABLES = [("agnhost", SUBCOMMANDS), ("command", COMMANDS), ("env", ENVIRONMENT), ("volume", VOLUMES),
          ("system", SYSTEM)]


def prepare(cluster):
    """The objects that the rows name."""
    data = {f"data-{i}": f"value-{i}" for i in (1, 2, 3)}
    meta = {"apiVersion": "v1", "metadata": {}}
    cluster.create("configmaps", {**meta, "metadata": {"name": "configmap-1"}, "data": data})
    cluster.create("secrets", {**meta, "metadata": {"name": "secret-1"}, "stringData": data})
    cluster.create("configmaps", {**meta, "metadata": {"name": "binary"}, "binaryData": {"dump.bin": "3sr+utD+/w=="}})
    cluster.create("services", {**meta, "metadata": {"name": "fooservice"}, "spec": {
        "ports": [{"port": 8765, "targetPort": 8080}]}})


def run(cluster):
    """All rows at once; the pods of a table are judged in order."""
    for table, rows in TABLES:
        for number, row in enumerate(rows):
            row.name = f"{table}-{number}"
            try:
                cluster.create("pods", row.pod(row.name))
            except Broken as refused:
                row.refused = str(refused)
    for table, rows in TABLES:
        for row in rows:
            faults = [row.refused] if hasattr(row, "refused") else row.judge(cluster, row.name)
            cluster.checks.check(f"{table}: {row.claim}", not faults, json.dumps(faults)[:1500])
            if not hasattr(row, "refused"):
                cluster.delete("pods", row.name, 0)

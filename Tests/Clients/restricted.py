"""Every client over TLS as a user with exactly the rights that it needs: certificates and tokens by turns."""
import json
import os
import subprocess
import sys
import time

import httpx2
import kr8s
import lightkube
from kr8s.objects import ConfigMap as Kr8sConfigMap
from kubernetes import client as official
from kubernetes import config as official_config
from kubernetes import watch as official_watch
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from rights import NAMESPACE, Owner, User, try_out

HERE = os.path.dirname(os.path.abspath(__file__))
MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


def run(server, checks):
    owner = Owner(server)
    owner("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    until(lambda: "kube-root-ca.crt" in [m["metadata"]["name"] for m in owner("GET", MAPS)["items"]])
    owner("POST", MAPS, {"metadata": {"name": "there"}, "data": {"a": "b"}})
    for part in (kubectl, kubernetes, kr8s_library, lightkube_library, kopf_operator):
        try:
            part(server, checks)
        except Exception as error:
            checks.check(f"restricted: part {part.__name__} comes to its end", False, repr(error))
    owner("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


def until(holds, seconds=30):
    end = time.monotonic() + seconds
    while True:
        found = holds()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.1)


def kubectl(server, checks):
    user = User(server, "by-kubectl")

    def command(*arguments):
        def run():
            done = subprocess.run(["kubectl", "--kubeconfig", user.config, "--namespace", NAMESPACE, *arguments],
                                  capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": server.scratch.name})
            return None if done.returncode == 0 else done.stderr
        return run

    def rolled_out():
        """Without a right it tries until its time is over."""
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/web"
        until(lambda: Owner(server)("GET", path)["status"].get("availableReplicas") == 2)
        return command("rollout", "status", "deployment/web", "--timeout=2s")()

    def watching():
        """It would go on for ever."""
        arguments = ["kubectl", "--kubeconfig", user.config, "--namespace", NAMESPACE, "get", "configmaps", "--watch", "-o", "name"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={"PATH": os.environ["PATH"], "HOME": server.scratch.name}) as process:
            try:
                return process.communicate(timeout=2)[1]
            except subprocess.TimeoutExpired:
                process.terminate()
                return None if "configmap/there" in process.communicate()[0] else "nothing was listed"

    try_out(checks, user, [
        ("run", ["create pods"], command("run", "shell", "--image=busybox", "--restart=Never", "--", "sh", "-c", "echo here; sleep 3600")),
        ("get", ["list pods"], command("get", "pods")),
        ("wait", ["list pods"], command("wait", "pods", "--all", "--for=condition=Ready", "--timeout=30s")),
        ("get --watch", ["list configmaps", "watch configmaps"], watching),
        ("logs", ["get pods", "get pods/log"], command("logs", "shell")),
        ("exec", ["get pods", "create pods/exec"], command("exec", "shell", "--", "hostname")),
        ("create deployment", ["create deployments.apps"], command("create", "deployment", "web", "--image=nginx")),
        ("scale", ["get deployments.apps", "patch deployments/scale.apps"], command("scale", "deployment", "web", "--replicas=2")),
        ("rollout status", ["get deployments.apps", "list deployments.apps"],
         rolled_out),
        ("delete", ["delete deployments.apps"], command("delete", "deployment", "web", "--wait=false")),
    ])


def complaint_of(errors, text):
    """Calls become functions that return what they are told instead of raising it."""
    def guarded(action):
        def run():
            try:
                action()
            except errors as error:
                return text(error)
            return None
        return run
    return guarded


def kubernetes(server, checks):
    user = User(server, "by-kubernetes", by_token=True)
    told = complaint_of(official.ApiException, lambda error: error.body)
    with official_config.new_client_from_config(user.config) as api:
        core = official.CoreV1Api(api)
        one = official.V1ConfigMap(metadata=official.V1ObjectMeta(name="k"), data={"a": "b"})

        def watching():
            for _ in official_watch.Watch().stream(core.list_namespaced_config_map, NAMESPACE, timeout_seconds=5):
                break
        try_out(checks, user, [
            ("create", ["create configmaps"], told(lambda: core.create_namespaced_config_map(NAMESPACE, one))),
            ("read", ["get configmaps"], told(lambda: core.read_namespaced_config_map("k", NAMESPACE))),
            ("list", ["list configmaps"], told(lambda: core.list_namespaced_config_map(NAMESPACE))),
            ("patch", ["patch configmaps"], told(lambda: core.patch_namespaced_config_map("k", NAMESPACE, {"data": {"c": "d"}}))),
            ("watch", ["watch configmaps"], told(watching)),
            ("delete", ["delete configmaps"], told(lambda: core.delete_namespaced_config_map("k", NAMESPACE))),
        ])


def kr8s_library(server, checks):
    user = User(server, "by-kr8s")
    api = kr8s.api(kubeconfig=user.config, namespace=NAMESPACE)
    told = complaint_of(kr8s.ServerError, lambda error: error.response.text)
    one = Kr8sConfigMap({"metadata": {"name": "r", "namespace": NAMESPACE}, "data": {}}, api=api)
    try_out(checks, user, [
        ("create", ["create configmaps"], told(one.create)),
        ("list", ["list configmaps"], told(lambda: list(api.get("configmaps", namespace=NAMESPACE)))),
        ("patch", ["patch configmaps"], told(lambda: one.patch({"data": {"y": "2"}}))),
        ("delete", ["delete configmaps"], told(one.delete)),
    ])


def lightkube_library(server, checks):
    user = User(server, "by-lightkube", by_token=True)
    told = complaint_of((lightkube.ApiError, httpx2.HTTPStatusError),
                        lambda error: error.status.message if isinstance(error, lightkube.ApiError) else str(error))
    config = lightkube.KubeConfig.from_file(user.config)
    with lightkube.Client(config=config, namespace=NAMESPACE, field_manager="m", trust_env=False) as client:
        one = ConfigMap(metadata=ObjectMeta(name="l", namespace=NAMESPACE), data={"a": "b"})

        def replaced():
            found = client.get(ConfigMap, "l")
            found.data = {"x": "y"}
            client.replace(found)
        try_out(checks, user, [
            ("apply of what is new", ["create configmaps", "patch configmaps"], told(lambda: client.apply(one, force=True)),
             {"create configmaps": 'configmaps "l" is forbidden: '}),
            ("replace", ["get configmaps", "update configmaps"], told(replaced)),
            ("watch", ["watch configmaps"], told(lambda: next(iter(client.watch(ConfigMap, server_timeout=5)))),
             {"watch configmaps": "403 Forbidden"}),
            ("delete", ["delete configmaps"], told(lambda: client.delete(ConfigMap, "l"))),
        ])


def kopf_operator(server, checks):
    """`kopf run` for one namespace. It goes on without a right, and says what it misses."""
    owner, user = Owner(server), User(server, "by-kopf", by_token=True)
    # It looks for namespaces and for definitions of its kinds, whatever its arguments are.
    user.may_everywhere(["list namespaces", "watch namespaces", "list customresourcedefinitions.apiextensions.k8s.io",
                         "watch customresourcedefinitions.apiextensions.k8s.io"])
    rights = ["list configmaps", "watch configmaps", "patch configmaps", "create configmaps", "create events"]
    for missing in ("watch configmaps", "patch configmaps", None):
        user.may([right for right in rights if right != missing])
        name = f"for-{(missing or 'all').replace(' ', '-')}"
        with KopfRun(server, user) as operator:
            owner("POST", MAPS, {"metadata": {"name": name, "labels": {"operated": "yes"}}, "data": {"x": "1"}})
            if missing is None:
                copied = until(lambda: f"{name}-copy" in [m["metadata"]["name"] for m in owner("GET", MAPS)["items"]])
                checks.check("by-kopf: it works with " + ", ".join(rights), copied, operator.text()[-3000:])
                checks.check("by-kopf: and misses nothing there", f'in the namespace "{NAMESPACE}"' not in operator.text().replace("\\", ""),
                             operator.text()[-3000:])
            else:
                verb, _, resource = missing.partition(" ")
                wanted = f'cannot {verb} resource "{resource}"'
                told = until(lambda: wanted in operator.text().replace("\\", ""))
                checks.check(f"by-kopf: it misses `{missing}`", told, operator.text()[-3000:])
                checks.check(f"by-kopf: and makes nothing without `{missing}`",
                             f"{name}-copy" not in [m["metadata"]["name"] for m in owner("GET", MAPS)["items"]])
        # Its finalizer would keep the object.
        owner("PUT", f"{MAPS}/{name}", {"metadata": {"name": name, "finalizers": []}})
        owner("DELETE", f"{MAPS}/{name}")


class KopfRun:
    def __init__(self, server, user):
        self.path = os.path.join(server.scratch.name, "restricted-kopf.log")
        self.log = open(self.path, "w")
        command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", NAMESPACE, os.path.join(HERE, "kopf_config_maps.py")]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={
            "PATH": os.environ["PATH"], "HOME": server.scratch.name, "KUBECONFIG": user.config})

    def text(self):
        with open(self.path) as file:
            return file.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

"""lightkube: typed models over httpx, its own watches and server-side apply."""
import asyncio
import threading

from lightkube import ApiError, AsyncClient, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.core_v1 import Container, ContainerPort, PodSpec, PodTemplateSpec, ServicePort, ServiceSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.operators import exists, in_, not_equal
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Node, Pod, Service
from lightkube.resources.discovery_v1 import EndpointSlice
from lightkube.types import CascadeType, PatchType

NAMESPACE = "lightkube-client"

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "from-yaml", namespace: lightkube-client}
data: {a: b}
---
apiVersion: v1
kind: Service
metadata: {name: from-yaml, namespace: lightkube-client}
spec: {ports: [{port: 80}, {port: 80, protocol: UDP, name: u}], selector: {a: b}}
""".replace('[{port: 80}', '[{port: 80, name: t}')


def run(server, checks):
    config = KubeConfig.from_file(server.kubeconfig)
    check = lambda claim, holds, detail="": checks.check("lightkube: " + claim, holds, detail)
    with Client(config=config, namespace=NAMESPACE, field_manager="lightkube-tests", trust_env=False) as client:
        client.create(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
        for part in (objects, patches, applying, watching, workload, generic, asynchronous, ending):
            try:
                part(client, check, config)
            except Exception as error:
                check(f"part {part.__name__} comes to its end", False, repr(error))


def config_map(name, data=None, labels=None):
    return ConfigMap(metadata=ObjectMeta(name=name, namespace=NAMESPACE, labels=labels), data=data or {})


def status_of(action, *arguments, **named):
    try:
        action(*arguments, **named)
    except ApiError as error:
        return error.status.code, error.status.reason
    return None


def objects(client, check, _):
    made = client.create(config_map("a", {"x": "1"}, {"t": "a", "u": "v"}))
    check("create", made.metadata.uid and made.data == {"x": "1"}, made)
    check("a second create is refused", status_of(client.create, config_map("a")) == (409, "AlreadyExists"))
    check("get", client.get(ConfigMap, "a").to_dict() == made.to_dict())
    check("get of what is missing", status_of(client.get, ConfigMap, "none") == (404, "NotFound"))
    made.data["y"] = "2"
    replaced = client.replace(made)
    check("replace", replaced.data == {"x": "1", "y": "2"}, replaced)
    check("a stale replace is refused", status_of(client.replace, made) == (409, "Conflict"))
    for index in range(5):
        client.create(config_map(f"many-{index}", labels={"t": "many"}))
    found = sorted(c.metadata.name for c in client.list(ConfigMap, labels={"t": in_(["many"])}, chunk_size=2))
    check("list by chunks", found == [f"many-{i}" for i in range(5)], found)
    found = [c.metadata.name for c in client.list(ConfigMap, labels={"u": exists()}, fields={"metadata.name": not_equal("b")})]
    check("list by labels and fields", found == ["a"], found)
    check("list in all namespaces", any(c.metadata.namespace == "kube-system" for c in client.list(ConfigMap, namespace="*")))
    check("cluster-scoped", len(list(client.list(Node))) == 3)
    client.deletecollection(ConfigMap, namespace=NAMESPACE)
    check("deletecollection", not list(client.list(ConfigMap, labels={"t": exists()})))
    client.create(config_map("a", {"y": "2", "x": "1"}, {"t": "a", "u": "v"}))
    dry = client.create(config_map("dry"), dry_run=True)
    check("a dry run", dry.metadata.uid and status_of(client.get, ConfigMap, "dry") == (404, "NotFound"))


def patches(client, check, _):
    found = client.patch(ConfigMap, "a", {"data": {"x": None, "z": "3"}}, patch_type=PatchType.MERGE)
    check("merge patch", found.data == {"y": "2", "z": "3"}, found)
    found = client.patch(ConfigMap, "a", [{"op": "move", "from": "/data/z", "path": "/data/w"}], patch_type=PatchType.JSON)
    check("JSON patch", found.data == {"y": "2", "w": "3"}, found)
    found = client.patch(ConfigMap, "a", {"metadata": {"labels": {"s": "1"}}}, patch_type=PatchType.STRATEGIC)
    check("strategic merge", found.metadata.labels == {"t": "a", "u": "v", "s": "1"}, found)
    found = client.set(ConfigMap, "a", labels={"s": None}, annotations={"n": "1"})
    check("set", "s" not in found.metadata.labels and found.metadata.annotations == {"n": "1"}, found)


def applying(client, check, _):
    first = client.apply(config_map("applied", {"a": "1"}))
    check("apply creates", first.metadata.managedFields[0].manager == "lightkube-tests", first)
    again = client.apply(config_map("applied", {"a": "1"}))
    check("apply again changes nothing", again.metadata.resourceVersion == first.metadata.resourceVersion)
    conflict = status_of(client.apply, config_map("applied", {"a": "2"}), field_manager="other")
    check("another manager conflicts", conflict == (409, "Conflict"), conflict)
    taken = client.apply(config_map("applied", {"a": "2"}), field_manager="other", force=True)
    check("force", taken.data == {"a": "2"}, taken)
    left = client.apply(config_map("applied", {"b": "1"}), field_manager="other", force=True)
    check("fields no longer applied go", left.data == {"b": "1"}, left)
    for made in codecs.load_all_yaml(MANIFESTS):
        client.apply(made, force=True)
    found = client.get(Service, "from-yaml").spec.ports
    check("ports of one number", [(p.port, p.protocol) for p in found] == [(80, "TCP"), (80, "UDP")], found)
    check("an object from YAML", client.get(ConfigMap, "from-yaml").data == {"a": "b"})


def watching(client, check, config):
    listed = client.list(ConfigMap)
    check("the list's revision comes with its items", len(list(listed)) > 0 and listed.resourceVersion)
    start = listed.resourceVersion
    def change():
        with Client(config=config, namespace=NAMESPACE, trust_env=False) as other:
            other.create(config_map("w", {"n": "1"}))
            other.patch(ConfigMap, "w", {"data": {"n": "2"}}, patch_type=PatchType.MERGE)
            other.delete(ConfigMap, "w")
    changer = threading.Thread(target=change)
    changer.start()
    seen = []
    for kind, found in client.watch(ConfigMap, resource_version=start, fields={"metadata.name": "w"}, server_timeout=20):
        seen.append((kind, found.data["n"]))
        if kind == "DELETED":
            break
    changer.join()
    check("watch", seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")], seen)


def workload(client, check, _):
    labels = {"app": "web"}
    client.create(Deployment(metadata=ObjectMeta(name="web", namespace=NAMESPACE), spec=DeploymentSpec(
        replicas=2, selector=LabelSelector(matchLabels=labels), template=PodTemplateSpec(
            metadata=ObjectMeta(labels=labels), spec=PodSpec(containers=[
                Container(name="c", image="nginx", ports=[ContainerPort(containerPort=80)])])))))
    ready = client.wait(Deployment, "web", for_conditions={"Available"})
    check("wait for a condition", ready.status.availableReplicas >= 1, ready.status)
    service = client.create(Service(metadata=ObjectMeta(name="web", namespace=NAMESPACE), spec=ServiceSpec(
        selector=labels, ports=[ServicePort(port=80, targetPort=80)])))
    check("a Service gets its address", service.spec.clusterIP.startswith("10.96."), service.spec)
    for _, found in client.watch(EndpointSlice, labels={"kubernetes.io/service-name": "web"}, server_timeout=20):
        if sum(1 for e in found.endpoints or [] if e.conditions.ready) == 2:
            check("its slice has two ready endpoints", True)
            break
    else:
        check("its slice has two ready endpoints", False)
    scaled = client.apply(Deployment.Scale(
        metadata=ObjectMeta(name="web", namespace=NAMESPACE), spec=ScaleSpec(replicas=1)), "web", force=True)
    check("apply on the scale subresource", scaled.spec.replicas == 1, scaled)
    owner = [(m.manager, m.subresource) for m in client.get(Deployment, "web").metadata.managedFields if m.subresource == "scale"]
    check("owns the replicas", owner == [("lightkube-tests", "scale")], owner)
    status = client.get(Deployment.Status, "web")
    check("the status subresource", status.status.observedGeneration >= 1, status)
    pod = next(p for p in client.list(Pod, labels=labels) if not p.metadata.deletionTimestamp)
    check("logs", isinstance(list(client.log(pod.metadata.name)), list))
    client.delete(Deployment, "web", cascade=CascadeType.FOREGROUND)
    for kind, _ in client.watch(Deployment, fields={"metadata.name": "web"}, server_timeout=40):
        if kind == "DELETED":
            break
    check("deletion in the foreground", status_of(client.get, Deployment, "web") == (404, "NotFound"))


def generic(client, check, _):
    lease = create_namespaced_resource("coordination.k8s.io", "v1", "Lease", "leases")
    made = client.create(lease(metadata=ObjectMeta(name="l", namespace=NAMESPACE), spec={"holderIdentity": "me"}))
    check("a generic resource", made.spec["holderIdentity"] == "me", made)
    found = [l.metadata.name for l in client.list(lease)]
    check("listed", found == ["l"], found)


def asynchronous(_, check, config):
    async def life():
        async with AsyncClient(config=config, namespace=NAMESPACE, trust_env=False) as client:
            await asyncio.gather(*[client.create(config_map(f"async-{i}", labels={"async": "1"})) for i in range(20)])
            listed = [c async for c in client.list(ConfigMap, labels={"async": "1"})]
            await asyncio.gather(*[client.delete(ConfigMap, c.metadata.name) for c in listed])
            left = [c async for c in client.list(ConfigMap, labels={"async": "1"})]
            return len(listed), len(left)
    found = asyncio.run(life())
    check("twenty objects at a time", found == (20, 0), found)


def ending(client, check, _):
    client.delete(Namespace, NAMESPACE)
    for kind, _ in client.watch(Namespace, fields={"metadata.name": NAMESPACE}, server_timeout=60):
        if kind == "DELETED":
            break
    check("the namespace goes", status_of(client.get, Namespace, NAMESPACE) == (404, "NotFound"))

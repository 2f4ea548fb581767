"""kr8s: objects with methods of their own, synchronous and asynchronous."""
import asyncio
import threading

import kr8s
import kr8s.asyncio
from kr8s.objects import ConfigMap, Deployment, Namespace, Pod, Service, new_class

NAMESPACE = "kr8s-client"


def run(server, checks):
    check = lambda claim, holds, detail="": checks.check("kr8s: " + claim, holds, detail)
    api = kr8s.api(kubeconfig=server.kubeconfig, namespace=NAMESPACE)
    Namespace({"metadata": {"name": NAMESPACE}}, api=api).create()
    for part in (about, objects, watching, workload, asynchronous, ending):
        try:
            part(api, check, server)
        except Exception as error:
            check(f"part {part.__name__} comes to its end", False, repr(error))


def about(api, check, _):
    check("version", api.version()["gitVersion"].startswith("v1.36"), api.version())
    resources = {r["name"] for r in api.api_resources()}
    check("api_resources", {"pods", "services", "endpointslices"} <= resources, resources)
    check("api_versions", "apps/v1" in list(api.api_versions()))


def config_map(api, name, data, labels=None):
    return ConfigMap({"metadata": {"name": name, "namespace": NAMESPACE, "labels": labels or {}}, "data": data}, api=api)


def objects(api, check, _):
    one = config_map(api, "a", {"x": "1"}, {"t": "a"})
    check("an object that is not there does not exist", not one.exists())
    one.create()
    check("create", one.exists() and one.metadata.uid, one.raw)
    one.patch({"data": {"y": "2"}})
    check("merge patch", dict(one.data) == {"x": "1", "y": "2"}, one.raw)
    one.patch([{"op": "replace", "path": "/data/x", "value": "3"}], type="json")
    check("JSON patch", one.data["x"] == "3", one.raw)
    one.label(tier="front")
    one.annotate({"example.com/note": "n"})
    check("label and annotate", one.labels["tier"] == "front" and one.annotations["example.com/note"] == "n", one.raw)
    again = ConfigMap.get("a", namespace=NAMESPACE, api=api)
    check("get by name", again.raw == one.raw, again.raw)
    config_map(api, "b", {}, {"t": "b"}).create()
    found = [c.name for c in api.get("configmaps", namespace=NAMESPACE, label_selector={"t": "b"})]
    check("list by labels", found == ["b"], found)
    found = [c.name for c in api.get("configmaps", namespace=NAMESPACE, field_selector={"metadata.name": "a"})]
    check("list by fields", found == ["a"], found)
    try:
        config_map(api, "a", {}).create()
        check("a second create is refused", False)
    except kr8s.ServerError as error:
        check("a second create is refused", error.response.status_code == 409, error)
    try:
        ConfigMap.get("none", namespace=NAMESPACE, api=api, timeout=1)
        check("get of what is missing", False)
    except kr8s.NotFoundError:
        check("get of what is missing", True)
    one.delete()
    one.wait("delete", timeout=10)
    check("delete", not one.exists())
    owner = config_map(api, "owner", {})
    owner.create()
    child = config_map(api, "child", {})
    child.create()
    child.set_owner(owner)
    child.refresh()
    check("set_owner", child.metadata.ownerReferences[0].uid == owner.metadata.uid, child.raw)
    lease = new_class(kind="Lease", version="coordination.k8s.io/v1", namespaced=True)
    made = lease({"metadata": {"name": "l", "namespace": NAMESPACE}, "spec": {"holderIdentity": "me"}}, api=api)
    made.create()
    check("a class made for a kind", made.exists() and made.spec.holderIdentity == "me", made.raw)


def watching(api, check, server):
    def change():
        other = kr8s.api(kubeconfig=server.kubeconfig, namespace=NAMESPACE)
        one = config_map(other, "w", {"n": "1"}, {"watched": "1"})
        one.create()
        one.patch({"data": {"n": "2"}})
        one.delete()
    changer = threading.Thread(target=change)
    seen = []
    for kind, found in api.watch("configmaps", namespace=NAMESPACE, label_selector={"watched": "1"}) if start(changer) else ():
        seen.append((kind, found.data["n"]))
        if kind == "DELETED":
            break
    changer.join()
    check("watch", seen[-2:] == [("MODIFIED", "2"), ("DELETED", "2")] or seen == [("DELETED", "2")], seen)


def start(thread):
    thread.start()
    return True


def workload(api, check, _):
    deployment = Deployment({"metadata": {"name": "web", "namespace": NAMESPACE}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}]}}}}, api=api)
    deployment.create()
    deployment.wait("condition=Available", timeout=30)
    check("wait for a condition", deployment.ready())
    check("pods of a Deployment", len(deployment.pods()) == 2)
    deployment.scale(3)
    deployment.refresh()
    check("scale", deployment.spec.replicas == 3, deployment.raw)
    service = Service({"metadata": {"name": "web", "namespace": NAMESPACE}, "spec": {
        "selector": {"app": "web"}, "ports": [{"port": 80}]}}, api=api)
    service.create()
    check("a Service", service.raw["spec"]["clusterIP"].startswith("10.96."), service.raw)
    pod = Pod({"metadata": {"name": "p", "namespace": NAMESPACE}, "spec": {
        "containers": [{"name": "c", "image": "nginx"}]}}, api=api)
    pod.create()
    pod.wait("condition=Ready", timeout=30)
    pod.refresh()
    check("a pod turns ready", pod.ready(), pod.raw)
    check("logs", list(pod.logs()) is not None)
    pod.delete()
    pod.wait("delete", timeout=40)
    check("and goes", not pod.exists())


def asynchronous(_, check, server):
    async def life():
        api = await kr8s.asyncio.api(kubeconfig=server.kubeconfig, namespace=NAMESPACE)
        async def make(index):
            made = await kr8s.asyncio.objects.ConfigMap({"metadata": {
                "name": f"async-{index}", "namespace": NAMESPACE, "labels": {"async": "1"}}}, api=api)
            await made.create()
            return made
        made = await asyncio.gather(*[make(i) for i in range(20)])
        listed = [c async for c in api.get("configmaps", namespace=NAMESPACE, label_selector="async=1")]
        await asyncio.gather(*[m.delete() for m in made])
        left = [c async for c in api.get("configmaps", namespace=NAMESPACE, label_selector="async=1")]
        return len(listed), len(left)
    found = asyncio.run(life())
    check("twenty objects at a time", found == (20, 0), found)


def ending(api, check, _):
    space = Namespace.get(NAMESPACE, api=api)
    space.delete()
    space.wait("delete", timeout=60)
    check("the namespace goes", not space.exists())

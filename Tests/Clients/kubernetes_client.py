"""The official client: typed and dynamic, watches, patches of all kinds, utilities, leader election's Leases."""
import logging
import threading

import kubernetes
import yaml
from kubernetes import client, config, utils, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError
from kubernetes.informer import ADDED, DELETED, MODIFIED, SharedInformer

NAMESPACE = "official-client"

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def run(server, checks):
    with config.new_client_from_config(server.kubeconfig) as api:
        core = client.CoreV1Api(api)
        core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
        Life(api, checks).run()


def refusal(action, *arguments, **named):
    """The ApiException that an action raises, or None."""
    try:
        action(*arguments, **named)
    except (ApiException, ConflictError, NotFoundError) as error:
        return error
    return None


class Life:
    def __init__(self, api, checks):
        self.api = api
        self.core = client.CoreV1Api(api)
        self.apps = client.AppsV1Api(api)
        self.check = lambda claim, holds, detail="": checks.check("kubernetes: " + claim, holds, detail)

    def run(self):
        for part in (self.discovery, self.config_maps, self.patches, self.watching, self.informer, self.paging, self.workload,
                     self.pods, self.dynamic, self.leases, self.other_kinds, self.ending):
            try:
                part()
            except Exception as error:
                self.check(f"part {part.__name__} comes to its end", False, repr(error))

    def discovery(self):
        version = client.VersionApi(self.api).get_code()
        self.check("version", version.git_version.startswith("v1.36"), version)
        groups = [g.name for g in client.ApisApi(self.api).get_api_versions().groups]
        self.check("groups", {"apps", "discovery.k8s.io", "batch"} <= set(groups), groups)
        names = [r.name for r in self.core.get_api_resources().resources]
        self.check("resources of the core group", {"pods", "pods/status", "services"} <= set(names), names)
        documents = client.OpenidApi(self.api) if hasattr(client, "OpenidApi") else None
        self.check("the client is the pinned one", documents is not None and kubernetes.__version__.startswith("37."))

    def config_map(self, name, data, **metadata):
        return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, **metadata), data=data)

    def config_maps(self):
        made = self.core.create_namespaced_config_map(NAMESPACE, self.config_map("a", {"x": "1"}, labels={"t": "a"}))
        self.check("create", made.metadata.uid and made.data == {"x": "1"}, made)
        again = refusal(self.core.create_namespaced_config_map, NAMESPACE, self.config_map("a", {}))
        self.check("a second create is 409", again is not None and again.status == 409, again)
        read = self.core.read_namespaced_config_map("a", NAMESPACE)
        self.check("read gives what create gave", read == made, read)
        read.data["y"] = "2"
        replaced = self.core.replace_namespaced_config_map("a", NAMESPACE, read)
        self.check("replace", replaced.data == {"x": "1", "y": "2"}, replaced)
        stale = refusal(self.core.replace_namespaced_config_map, "a", NAMESPACE, made)
        self.check("a stale replace is 409", stale is not None and stale.status == 409, stale)
        listed = self.core.list_namespaced_config_map(NAMESPACE, label_selector="t in (a,b),!u")
        self.check("list by labels", [c.metadata.name for c in listed.items] == ["a"], listed)
        listed = self.core.list_config_map_for_all_namespaces(field_selector=f"metadata.name=a,metadata.namespace={NAMESPACE}")
        self.check("list by fields in all namespaces", len(listed.items) == 1, listed)
        dry = self.core.create_namespaced_config_map(NAMESPACE, self.config_map("dry", {}), dry_run="All")
        missing = refusal(self.core.read_namespaced_config_map, "dry", NAMESPACE)
        self.check("a dry run creates nothing", dry.metadata.uid and missing is not None and missing.status == 404, missing)
        maps = DynamicClient(self.api).resources.get(api_version="v1", kind="ConfigMap")
        strict = refusal(maps.create, body={"metadata": {"name": "s"}, "dataa": {}}, namespace=NAMESPACE,
                         query_params=[("fieldValidation", "Strict")])
        self.check("strict validation is 400", strict is not None and strict.status == 400, strict)
        invalid = refusal(self.core.create_namespaced_config_map, NAMESPACE, self.config_map("Bad_Name", {}))
        self.check("a bad name is 422", invalid is not None and invalid.status == 422, invalid)
        secret = self.core.create_namespaced_secret(NAMESPACE, client.V1Secret(
            metadata=client.V1ObjectMeta(generate_name="s-"), string_data={"k": "v"}))
        self.check("a Secret of a generated name", secret.metadata.name.startswith("s-") and secret.data == {"k": "dg=="}, secret)

    def patches(self):
        patched = self.core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"x": None, "z": "3"}})
        self.check("merge patch", patched.data == {"y": "2", "z": "3"}, patched)
        patched = self.core.patch_namespaced_config_map(
            "a", NAMESPACE, [{"op": "test", "path": "/data/y", "value": "2"}, {"op": "remove", "path": "/data/y"}])
        self.check("JSON patch", patched.data == {"z": "3"}, patched)
        failed = refusal(self.core.patch_namespaced_config_map, "a", NAMESPACE, [{"op": "remove", "path": "/data/none"}])
        self.check("a failed JSON patch is 422", failed is not None and failed.status == 422, failed)
        same = self.core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"z": "3"}})
        self.check("a patch that changes nothing keeps the revision",
                   same.metadata.resource_version == patched.metadata.resource_version, same)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"k": "v"}}
        applied = self.core.patch_namespaced_config_map(
            "applied", NAMESPACE, body, field_manager="one", _content_type="application/apply-patch+yaml")
        self.check("server-side apply creates", applied.data == {"k": "v"}, applied)
        managers = [(m.manager, m.operation, m.fields_v1) for m in applied.metadata.managed_fields]
        self.check("and tells the manager", managers == [("one", "Apply", {"f:data": {"f:k": {}}})], managers)
        body["data"] = {"k": "other"}
        conflict = refusal(self.core.patch_namespaced_config_map, "applied", NAMESPACE, body, field_manager="two",
                           _content_type="application/apply-patch+yaml")
        self.check("another manager conflicts", conflict is not None and conflict.status == 409, conflict)
        forced = self.core.patch_namespaced_config_map("applied", NAMESPACE, body, field_manager="two", force=True,
                                                       _content_type="application/apply-patch+yaml")
        self.check("force takes the field", forced.data == {"k": "other"}, forced)

    def watching(self):
        start = self.core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        def change():
            core = client.CoreV1Api(client.ApiClient(self.api.configuration))
            core.create_namespaced_config_map(NAMESPACE, self.config_map("w", {"n": "1"}))
            core.patch_namespaced_config_map("w", NAMESPACE, {"data": {"n": "2"}})
            core.delete_namespaced_config_map("w", NAMESPACE)
        changer = threading.Thread(target=change)
        changer.start()
        seen, stream = [], watch.Watch()
        for event in stream.stream(self.core.list_namespaced_config_map, NAMESPACE, resource_version=start,
                                   timeout_seconds=20, field_selector="metadata.name=w"):
            seen.append((event["type"], event["object"].data["n"]))
            if event["type"] == "DELETED":
                stream.stop()
        changer.join()
        self.check("a watch tells the life of an object",
                   seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")], seen)
        seen = [e["object"].metadata.name for e in watch.Watch().stream(
            self.core.list_namespaced_config_map, NAMESPACE, timeout_seconds=1)]
        self.check("a watch without revision begins with what is there", {"a", "applied"} <= set(seen), seen)
        expired = refusal(lambda: list(watch.Watch().stream(
            self.core.list_namespaced_config_map, NAMESPACE, resource_version="1", timeout_seconds=2)))
        self.check("a watch from too old a revision is 410", expired is not None and expired.status == 410, expired)

    def informer(self):
        """A SharedInformer sees existing objects, additions and deletions."""
        maps = SharedInformer(self.core.list_namespaced_config_map, namespace=NAMESPACE)
        seen = {kind: threading.Event() for kind in (ADDED, MODIFIED, DELETED)}
        for kind, event in seen.items():
            maps.add_event_handler(kind, lambda found, event=event: found.metadata.name == "inf" and event.set())
        maps.start()
        self.core.create_namespaced_config_map(NAMESPACE, self.config_map("inf", {"n": "1"}))
        self.check("an informer sees a creation", seen[ADDED].wait(10))
        self.core.patch_namespaced_config_map("inf", NAMESPACE, {"data": {"n": "2"}})
        self.check("a change", seen[MODIFIED].wait(10))
        self.check("and keeps it", any(c.data == {"n": "2"} for c in maps.cache.list()), maps.cache.list())
        self.core.delete_namespaced_config_map("inf", NAMESPACE)
        self.check("and a deletion", seen[DELETED].wait(10))
        # To stop, it closes its own connection, and then complains that it was closed.
        logging.getLogger("kubernetes.informer.informer").setLevel(logging.CRITICAL)
        maps.stop()

    def paging(self):
        for index in range(7):
            self.core.create_namespaced_config_map(NAMESPACE, self.config_map(f"p{index}", {}, labels={"page": "1"}))
        names, token = [], None
        while True:
            page = self.core.list_namespaced_config_map(NAMESPACE, limit=3, _continue=token, label_selector="page")
            names += [c.metadata.name for c in page.items]
            token = page.metadata._continue
            if not token:
                break
        self.check("pages give every object once", names == [f"p{i}" for i in range(7)], names)
        self.core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="page")
        left = self.core.list_namespaced_config_map(NAMESPACE, label_selector="page").items
        self.check("deletecollection", left == [], left)

    def until(self, action, wanted, **named):
        """Watches until an object satisfies `wanted`."""
        stream = watch.Watch()
        for event in stream.stream(action, NAMESPACE, timeout_seconds=30, **named):
            if wanted(event["object"]):
                stream.stop()
                return event["object"]
        return None

    def workload(self):
        made = utils.create_from_yaml(self.api, yaml_objects=list(yaml.safe_load_all(DEPLOYMENT)), namespace=NAMESPACE)
        self.check("create_from_yaml", len(made) == 2, made)
        ready = self.until(self.apps.list_namespaced_deployment, lambda d: (d.status.available_replicas or 0) == 2)
        self.check("the Deployment becomes available", ready is not None)
        scale = self.apps.read_namespaced_deployment_scale("web", NAMESPACE)
        scale.spec.replicas = 3
        scale = self.apps.replace_namespaced_deployment_scale("web", NAMESPACE, scale)
        self.check("the scale subresource", scale.spec.replicas == 3 and scale.status.selector == "app=web", scale)
        scale = self.apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 1}})
        self.check("and patched", scale.spec.replicas == 1, scale)
        slices = client.DiscoveryV1Api(self.api)
        found = self.until(slices.list_namespaced_endpoint_slice, lambda s: len(s.endpoints or []) == 1,
                           label_selector="kubernetes.io/service-name=web")
        self.check("the slice follows", found is not None)
        image = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx:2"}]}}}}
        patched = self.apps.patch_namespaced_deployment("web", NAMESPACE, image)
        container = patched.spec.template.spec.containers[0]
        self.check("a strategic merge keeps the container's ports", len(container.ports or []) == 1, container)
        status = self.apps.read_namespaced_deployment_status("web", NAMESPACE)
        self.check("the status subresource", status.status is not None)

    def pods(self):
        pod = client.V1Pod(metadata=client.V1ObjectMeta(name="p", labels={"app": "p"}), spec=client.V1PodSpec(
            containers=[client.V1Container(name="c", image="nginx")]))
        self.core.create_namespaced_pod(NAMESPACE, pod)
        running = self.until(self.core.list_namespaced_pod, lambda p: p.status.phase == "Running", label_selector="app=p")
        self.check("a pod runs", running is not None and running.status.pod_ip, running)
        self.check("its log is text", isinstance(self.core.read_namespaced_pod_log("p", NAMESPACE), str))
        eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="p", namespace=NAMESPACE))
        self.core.create_namespaced_pod_eviction("p", NAMESPACE, eviction)
        stream, gone = watch.Watch(), None
        for event in stream.stream(self.core.list_namespaced_pod, NAMESPACE, label_selector="app=p", timeout_seconds=40):
            if event["type"] == "DELETED":
                gone = event["object"]
                stream.stop()
        if gone is None:
            gone = refusal(self.core.read_namespaced_pod, "p", NAMESPACE)
        self.check("an evicted pod goes", gone is not None)
        event = client.CoreV1Event(
            metadata=client.V1ObjectMeta(generate_name="e-"), reason="Tested", message="m", type="Normal",
            involved_object=client.V1ObjectReference(kind="Pod", name="p", namespace=NAMESPACE))
        self.core.create_namespaced_event(NAMESPACE, event)
        found = self.core.list_namespaced_event(NAMESPACE, field_selector="reason=Tested").items
        self.check("an Event is found by its reason", len(found) == 1, found)

    def dynamic(self):
        dynamic = DynamicClient(self.api)
        maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dyn", "namespace": NAMESPACE}, "data": {"a": "1"}}
        self.check("dynamic create", maps.create(body=body, namespace=NAMESPACE).data.a == "1")
        body["data"] = {"a": "2"}
        applied = dynamic.server_side_apply(maps, body=body, namespace=NAMESPACE, field_manager="dyn", force_conflicts=True)
        self.check("dynamic server-side apply", applied.data.a == "2", applied)
        patched = dynamic.patch(maps, body={"metadata": {"labels": {"l": "1"}}}, name="dyn", namespace=NAMESPACE,
                                content_type="application/merge-patch+json")
        self.check("dynamic patch", patched.metadata.labels.l == "1", patched)
        first = next(iter(maps.watch(namespace=NAMESPACE, field_selector="metadata.name=dyn", timeout=2)))
        self.check("dynamic watch", first["object"].metadata.name == "dyn", first)
        maps.delete(name="dyn", namespace=NAMESPACE)
        gone = refusal(maps.get, name="dyn", namespace=NAMESPACE)
        self.check("dynamic delete", isinstance(gone, NotFoundError), gone)
        kinds = {r.kind for found in dynamic.resources for r in (found if isinstance(found, list) else [found])}
        self.check("dynamic discovery knows every kind", {"Pod", "EndpointSlice", "Job", "Ingress"} <= kinds, kinds)

    def leases(self):
        leases = client.CoordinationV1Api(self.api)
        import datetime
        now = datetime.datetime.now(datetime.timezone.utc)
        spec = client.V1LeaseSpec(holder_identity="me", lease_duration_seconds=15, acquire_time=now, renew_time=now)
        made = leases.create_namespaced_lease(NAMESPACE, client.V1Lease(metadata=client.V1ObjectMeta(name="l"), spec=spec))
        self.check("a Lease keeps its microseconds", made.spec.renew_time == now, f"{made.spec.renew_time} {now}")
        made.spec.holder_identity = "other"
        taken = leases.replace_namespaced_lease("l", NAMESPACE, made)
        self.check("and is taken over", taken.spec.holder_identity == "other", taken)

    def other_kinds(self):
        batch = client.BatchV1Api(self.api)
        job = {"metadata": {"name": "j"}, "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}}}}
        self.check("a Job", batch.create_namespaced_job(NAMESPACE, job).spec.completions == 1)
        net = client.NetworkingV1Api(self.api)
        made = net.create_namespaced_ingress(NAMESPACE, {"metadata": {"name": "i"}, "spec": {
            "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}})
        self.check("an Ingress", made.spec.default_backend.service.port.number == 80, made)
        rbac = client.RbacAuthorizationV1Api(self.api)
        role = rbac.create_namespaced_role(NAMESPACE, {"metadata": {"name": "r"}, "rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})
        self.check("a Role", role.rules[0].verbs == ["get"], role)
        review = client.AuthorizationV1Api(self.api).create_self_subject_access_review({"spec": {
            "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": NAMESPACE}}})
        self.check("a SelfSubjectAccessReview", review.status.allowed, review)
        who = client.AuthenticationV1Api(self.api).create_self_subject_review({})
        self.check("a SelfSubjectReview", who.status.user_info.username, who)

    def ending(self):
        deleted = self.apps.delete_namespaced_deployment("web", NAMESPACE, propagation_policy="Foreground")
        self.check("a deletion in the foreground", deleted is not None)
        gone = self.until_gone(lambda: self.apps.read_namespaced_deployment("web", NAMESPACE))
        self.check("the Deployment goes after its dependents", gone)
        self.core.delete_namespace(NAMESPACE)
        self.check("the namespace goes with all in it", self.until_gone(lambda: self.core.read_namespace(NAMESPACE)))

    def until_gone(self, read, seconds=60):
        import time
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            error = refusal(read)
            if error is not None and error.status == 404:
                return True
            time.sleep(0.1)
        return False

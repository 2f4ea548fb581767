"""Hostile requests for bombs.py, one per function, which prepares what it needs and sends the one request to judge.

`@bomb(STATUS…)` names the acceptable answers; 0 means that the connection may be closed without one. Bodies are as
large as allowed (3 MiB), so that anything worse than linear shows.
"""
import gzip
import time

REFUSED = (400, 413, 422)
N = "/api/v1/namespaces/default/"
CONFIG_MAPS, PODS, SERVICES = N + "configmaps", N + "pods", N + "services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
CRDS, FOOS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/x.io/v1/namespaces/default/foos"
JSON_PATCH, MERGE, STRATEGIC, APPLY, YAML = ("application/json-patch+json", "application/merge-patch+json",
                                             "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/yaml")
BOMBS = {}


def bomb(*statuses):
    def register(function):
        function.statuses = statuses
        BOMBS[function.__name__] = function
        return function
    return register


def each(form, count):
    return ",".join(form % ((i,) * form.count("%")) for i in range(count))


def config_map(rest):
    return ('{"metadata":{"name":"a"},%s}' % rest).encode()


def pod(spec):
    return ('{"metadata":{"name":"a"},"spec":{%s}}' % spec).encode()


def service(name, spec):
    return ('{"metadata":{"name":"%s"},"spec":{%s}}' % (name, spec)).encode()


def definition(spec):
    schema = {"type": "object", "properties": {"spec": spec}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "foos.x.io"}, "spec": {
        "group": "x.io", "scope": "Namespaced", "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}}


def define(c, spec):
    """Creates the CRD; True once it is served, False if it is refused, which is right for many."""
    status, _ = c.request("POST", CRDS, definition(spec))
    for _ in range(100 if status == 201 else 0):
        if c.request("GET", FOOS)[0] == 200:
            return True
        time.sleep(0.02)
    return False


def foo(c, spec):
    return c.request("POST", FOOS, {"apiVersion": "x.io/v1", "kind": "Foo", "metadata": {"name": "a"}, "spec": spec})


def make(c, path=CONFIG_MAPS, name="a", **rest):
    c.request("POST", path, {"metadata": {"name": name}, **rest})


ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}

# JSON


@bomb(*REFUSED)
def json_open_arrays(c): return c.request("POST", CONFIG_MAPS, b"[" * 3_000_000)


@bomb(*REFUSED)
def json_deep_objects(c): return c.request("POST", CONFIG_MAPS, config_map('"data":' + '{"a":' * 9990 + "1" + "}" * 9990))


@bomb(201, *REFUSED)
def json_deep_custom_resource(c):
    define(c, ANYTHING)
    return c.request("POST", FOOS, b'{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"a"},"spec":' + b'{"a":' * 9000 + b"1" + b"}" * 9001)


@bomb(*REFUSED)
def json_duplicate_keys(c): return c.request("POST", CONFIG_MAPS, config_map('"data":{' + each('"%x":1,"%x":1', 140_000) + "}"))


@bomb(*REFUSED)
def json_deep_duplicates(c): return c.request("POST", CONFIG_MAPS, ('{"a":' * 900 + "{" + each('"%x":1,"%x":1', 40_000) + "}" * 901).encode())


@bomb(*REFUSED)
def json_long_number(c): return c.request("POST", CONFIG_MAPS, config_map('"data":' + "9" * 3_000_000))


@bomb(*REFUSED)
def json_long_fraction(c): return c.request("POST", CONFIG_MAPS, b'{"metadata":{"name":"a","generation":0.' + b"1" * 3_000_000 + b"e5}}")


@bomb(201, *REFUSED)
def json_escapes(c): return c.request("POST", CONFIG_MAPS, config_map('"data":{"x":"' + "\\ud83d\\ude00" * 240_000 + '"}'))


@bomb(*REFUSED)
def json_unknown_fields(c):
    return c.request("POST", CONFIG_MAPS + "?fieldValidation=Strict", config_map(each('"f%x":1', 250_000)))


@bomb(*REFUSED)
def json_wrong_elements(c): return c.request("POST", PODS, pod('"containers":[' + "0," * 1_400_000 + "0]"))


@bomb(*REFUSED)
def containers_empty_small(c): return c.request("POST", PODS, pod('"containers":[' + "{}," * 8000 + "{}]"))


@bomb(*REFUSED)
def containers_empty(c): return c.request("POST", PODS, pod('"containers":[' + "{}," * 300_000 + "{}]"))


# Lists whose elements must be unique, maps with many keys


@bomb(201, *REFUSED)
def finalizers(c): return c.request("POST", CONFIG_MAPS, ('{"metadata":{"name":"a","finalizers":[%s]}}' % each('"a.b/%x"', 220_000)).encode())


@bomb(201, *REFUSED)
def owner_references(c):
    owners = each('{"apiVersion":"v1","kind":"A","name":"%x","uid":"%x"}', 48_000)
    return c.request("POST", CONFIG_MAPS, ('{"metadata":{"name":"a","ownerReferences":[%s]}}' % owners).encode())


@bomb(201, *REFUSED)
def environment(c):
    return c.request("POST", PODS, pod('"containers":[{"name":"c","image":"i","env":[%s]}]' % each('{"name":"A%x"}', 140_000)))


@bomb(201, *REFUSED)
def containers(c): return c.request("POST", PODS, pod('"containers":[%s]' % each('{"name":"c%x","image":"i"}', 60_000)))


@bomb(201, *REFUSED)
def volumes_and_mounts(c):
    mounts = each('{"name":"v%x","mountPath":"/%x"}', 30_000)
    return c.request("POST", PODS, pod('"volumes":[%s],"containers":[{"name":"c","image":"i","volumeMounts":[%s]}]'
                                       % (each('{"name":"v%x","emptyDir":{}}', 30_000), mounts)))


@bomb(201, *REFUSED)
def container_ports(c):
    ports = ",".join('{"containerPort":%d}' % (1 + i % 65000) for i in range(110_000))
    return c.request("POST", PODS, pod('"containers":[{"name":"c","image":"i","ports":[%s]}]' % ports))


@bomb(201, *REFUSED)
def service_ports(c): return c.request("POST", SERVICES, service("ports", '"ports":[%s]' % each('{"name":"p%x","port":%d}', 60_000)))


@bomb(201, *REFUSED)
def node_ports(c): return c.request("POST", SERVICES, service("nodes", '"type":"NodePort","ports":[%s]' % each('{"name":"p%x","port":1%d}', 2700)))


# "Range is full" is an internal error in Kubernetes too.
@bomb(*REFUSED, 500)
def node_ports_beyond_the_range(c):
    return c.request("POST", SERVICES, service("beyond", '"type":"NodePort","ports":[%s]' % each('{"name":"p%x","port":1%d}', 50_000)))


@bomb(201, *REFUSED)
def external_addresses(c):
    addresses = ",".join('"8.%d.%d.%d"' % (i >> 16, i >> 8 & 255, i & 255) for i in range(200_000))
    return c.request("POST", SERVICES, service("external", '"ports":[{"port":80}],"externalIPs":[%s]' % addresses))


@bomb(*REFUSED)
def slice_endpoints(c):
    endpoints = ",".join('{"addresses":["10.%d.%d.%d"]}' % (i >> 16, i >> 8 & 255, i & 255) for i in range(90_000))
    return c.request("POST", SLICES, ('{"metadata":{"name":"a"},"addressType":"IPv4","endpoints":[%s]}' % endpoints).encode())


@bomb(201, *REFUSED)
def endpoint_addresses(c):
    addresses = ",".join('{"ip":"11.%d.%d.%d"}' % (i >> 16, i >> 8 & 255, i & 255) for i in range(110_000))
    return c.request("POST", N + "endpoints", ('{"metadata":{"name":"a"},"subsets":[{"ports":[{"port":80}],"addresses":[%s]}]}' % addresses).encode())


@bomb(201, *REFUSED)
def config_map_keys(c): return c.request("POST", CONFIG_MAPS, config_map('"data":{%s}' % each('"%x":""', 250_000)))


@bomb(*REFUSED, 201)
def labels(c): return c.request("POST", CONFIG_MAPS, ('{"metadata":{"name":"a","labels":{%s}}}' % each('"%x":""', 250_000)).encode())


@bomb(201, *REFUSED)
def managed_fields(c):
    entries = [{"manager": "m%d" % i, "operation": "Update", "apiVersion": "v1", "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:data": {"f:k%d" % i: {}}}} for i in range(15_000)]
    return c.request("POST", CONFIG_MAPS, {"metadata": {"name": "a", "managedFields": entries}, "data": {"x": "y"}})


# YAML


@bomb(*REFUSED)
def yaml_billion_laughs(c):
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join(['*a%d' % (i - 1)] * 10)}]\n" for i in range(1, 12))
    return c.request("POST", CONFIG_MAPS, text.encode(), YAML)


@bomb(*REFUSED)
def yaml_alias_of_a_large_scalar(c):
    text = 'metadata: {name: a}\nx: &x "' + "A" * 1_000_000 + '"\ndata:\n' + "".join(f"  k{i}: *x\n" for i in range(100_000))
    return c.request("POST", CONFIG_MAPS, text.encode(), YAML)


@bomb(*REFUSED)
def yaml_merge_keys(c):
    text = "z0: &z0 {" + ",".join(f"k{i}: 1" for i in range(900)) + "}\n" + "".join(f"z{i}: {{<<: *z0}}\n" for i in range(1, 100_000))
    return c.request("POST", CONFIG_MAPS, text.encode(), YAML)


@bomb(*REFUSED)
def yaml_open_brackets(c): return c.request("POST", CONFIG_MAPS, b"[" * 1_000_000, YAML)


@bomb(*REFUSED)
def yaml_deep_brackets(c): return c.request("POST", CONFIG_MAPS, b"[" * 9000 + b"]" * 9000, YAML)


@bomb(*REFUSED)
def yaml_deep_maps(c): return c.request("POST", CONFIG_MAPS, b"{aaaaaaaaaaaaaaaaaaaaaaaaa: " * 9000 + b"1" + b"}" * 9000, YAML)


@bomb(*REFUSED)
def yaml_duplicate_keys(c):
    text = "metadata: {name: a}\ndata:\n" + "".join(f"  k{i:x}: a\n  k{i:x}: b\n" for i in range(120_000))
    return c.request("POST", CONFIG_MAPS, text.encode(), YAML)


@bomb(*REFUSED)
def yaml_long_list(c): return c.request("POST", CONFIG_MAPS, b"- a\n" * 750_000, YAML)


@bomb(*REFUSED)
def yaml_question_marks(c): return c.request("POST", CONFIG_MAPS, b"? " * 1_500_000, YAML)


@bomb(*REFUSED)
def yaml_number_of_underscores(c): return c.request("POST", CONFIG_MAPS, b"metadata: {name: a}\ndata: {x: 1" + b"_" * 3_000_000 + b"1}", YAML)


@bomb(*REFUSED)
def yaml_comments(c): return c.request("POST", CONFIG_MAPS, b"#\n" * 1_500_000, YAML)


# Patches


@bomb(200, *REFUSED)
def patch_copies_double(c):
    make(c, data={"a": "x" * 100})
    return c.request("PATCH", CONFIG_MAPS + "/a", [{"op": "copy", "from": "/data", "path": "/data/x%d" % i} for i in range(30)], JSON_PATCH)


@bomb(200, *REFUSED)
def patch_inserts_in_front(c):
    make(c)
    text = '[{"op":"add","path":"/x","value":[' + "0," * 1_000_000 + "0]}" + ',{"op":"add","path":"/x/0","value":0}' * 9990 + "]"
    return c.request("PATCH", CONFIG_MAPS + "/a", text.encode(), JSON_PATCH)


@bomb(200, *REFUSED)
def patch_copies_to_the_end(c):
    make(c)
    text = '[{"op":"add","path":"/x","value":[' + "0," * 1_000_000 + "0]}" + ',{"op":"copy","from":"/x/0","path":"/x/-"}' * 9990 + "]"
    return c.request("PATCH", CONFIG_MAPS + "/a", text.encode(), JSON_PATCH)


@bomb(200, *REFUSED)
def patch_moves_and_tests(c):
    make(c)
    text = '[{"op":"add","path":"/x","value":[' + "0," * 500_000 + "0]}" + ',{"op":"test","path":"/x","value":[]},{"op":"move","from":"/x","path":"/y"},' \
        '{"op":"move","from":"/y","path":"/x"}' * 3000 + "]"
    return c.request("PATCH", CONFIG_MAPS + "/a", text.encode(), JSON_PATCH)


@bomb(200, 500, *REFUSED)
def patch_deep_pointers(c):
    make(c)
    text = '[{"op":"add","path":"/x","value":' + '{"a":' * 5000 + "1" + "}" * 5001 + (',{"op":"add","path":"/x' + "/a" * 4900 + '/b","value":0}') * 250 + "]"
    return c.request("PATCH", CONFIG_MAPS + "/a", text.encode(), JSON_PATCH)


@bomb(*REFUSED)
def patch_nests_beyond_the_limit(c):
    """Each step is shallow but makes the document deeper: 53 of them reached 25,000 levels and the end of the stack."""
    define(c, ANYTHING)
    foo(c, {})
    deep = '{"a":' * 470 + "1" + "}" * 470
    for step in range(60):
        status, body = c.request("PATCH", FOOS + "/a", ('[{"op":"add","path":"/spec%s","value":%s}]' % ("/a" * 470 * step, deep)).encode(), JSON_PATCH)
        if status >= 400:
            break
    return status, body


@bomb(200, *REFUSED)
def strategic_environment(c):
    make(c, DEPLOYMENTS, "d", spec={"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE})
    text = '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[%s]}]}}}}' % each('{"name":"A%x"}', 140_000)
    return c.request("PATCH", DEPLOYMENTS + "/d", text.encode(), STRATEGIC)


@bomb(200, *REFUSED)
def strategic_finalizers(c):
    make(c)
    return c.request("PATCH", CONFIG_MAPS + "/a", ('{"metadata":{"finalizers":[%s]}}' % each('"a/%x"', 250_000)).encode(), STRATEGIC)


@bomb(200, *REFUSED)
def strategic_element_order(c):
    make(c)
    names = each('"a/%x"', 110_000)
    return c.request("PATCH", CONFIG_MAPS + "/a", ('{"metadata":{"$setElementOrder/finalizers":[%s],"finalizers":[%s]}}' % (names, names)).encode(), STRATEGIC)


@bomb(*REFUSED, 500)
def patches_grow_an_object(c):
    """Kubernetes refuses objects larger than 1.5 MiB as stored."""
    make(c)
    for step in range(6):
        text = '{"metadata":{"annotations":{"k%d":"%s"}},"data":{"k%d":"%s"}}' % (step, "x" * 40_000, step, "y" * 400_000)
        status, body = c.request("PATCH", CONFIG_MAPS + "/a", text.encode(), MERGE)
        if status >= 400:
            break
    return status, body


@bomb(*REFUSED, 500)
def patches_grow_finalizers(c):
    make(c)
    for step in range(5):
        names = ",".join('"a.b/%d-%x"' % (step, i) for i in range(60_000))
        status, body = c.request("PATCH", CONFIG_MAPS + "/a", ('{"metadata":{"finalizers":[%s]}}' % names).encode(), STRATEGIC)
        if status >= 400:
            break
    return status, body


@bomb(200, *REFUSED)
def patch_copies_double_what_is_free(c):
    """Each copy doubles the object; 30 of them make it a billion times larger."""
    define(c, ANYTHING)
    foo(c, {"a": "x" * 100})
    return c.request("PATCH", FOOS + "/a", [{"op": "copy", "from": "/spec", "path": "/spec/x%d" % i} for i in range(30)], JSON_PATCH)


@bomb(200, *REFUSED)
def strategic_deletions_from_a_list(c):
    c.request("POST", CONFIG_MAPS, ('{"metadata":{"name":"a","finalizers":[%s]}}' % each('"a.b/%x"', 20_000)).encode())
    names = each('"a.b/%x"', 100_000)
    return c.request("PATCH", CONFIG_MAPS + "/a", ('{"metadata":{"$deleteFromPrimitiveList/finalizers":[%s]}}' % names).encode(), STRATEGIC)


@bomb(200, 500, *REFUSED)
def strategic_deletions_by_key(c):
    make(c, SERVICES, "apply", spec={"ports": [{"name": "p%d" % i, "port": i + 1} for i in range(2000)]})
    ports = ",".join('{"$patch":"delete","port":%d}' % (i + 1) for i in range(65_000))
    return c.request("PATCH", SERVICES + "/apply", ('{"spec":{"ports":[%s]}}' % ports).encode(), STRATEGIC)


# Apply


@bomb(*REFUSED, 500)
def apply_billion_laughs(c):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    text += "".join(f"a{i}: &a{i} [{','.join(['*a%d' % (i - 1)] * 10)}]\n" for i in range(1, 12))
    return c.request("PATCH", CONFIG_MAPS + "/a?fieldManager=m", text.encode(), APPLY)


@bomb(200, 201, *REFUSED)
def apply_many_managers(c):
    for i in range(150):
        status, body = c.request("PATCH", CONFIG_MAPS + "/a?fieldManager=m%d" % i, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                                                                                    "data": {"k%d" % i: "v"}}, APPLY)
        if status >= 300:
            break
    return status, body


@bomb(200, 201, *REFUSED)
def apply_wide(c):
    text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{%s}}' % each('"%x":""', 60_000)
    return c.request("PATCH", CONFIG_MAPS + "/a?fieldManager=m", text.encode(), APPLY)


@bomb(200, 201, 500, *REFUSED)
def apply_service_ports(c):
    ports = ",".join('{"port":%d,"protocol":"TCP"}' % (i + 1) for i in range(65_000))
    text = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"apply"},"spec":{"ports":[%s]}}' % ports
    return c.request("PATCH", SERVICES + "/apply?fieldManager=m", text.encode(), APPLY)


# Selectors and queries


def many(c, count=600):
    if c.json("GET", CONFIG_MAPS + "/many0")[0] != 200:
        for i in range(count):
            make(c, name="many%d" % i)


@bomb(200, 400, 414, 431)
def selector_of_many_requirements(c):
    many(c)
    return c.request("GET", CONFIG_MAPS + "?labelSelector=" + ",".join(["!x"] * 300_000))


@bomb(200, 400, 414, 431)
def selector_of_many_values(c):
    many(c)
    return c.request("GET", CONFIG_MAPS + "?labelSelector=a+notin+(" + each("%x", 150_000) + ")")


@bomb(200, 400, 414, 431)
def selector_of_many_fields(c):
    many(c)
    return c.request("GET", CONFIG_MAPS + "?fieldSelector=" + ",".join(["metadata.name!=x"] * 55_000))


@bomb(400, 414, 431)
def selector_of_invalid_values(c): return c.request("GET", CONFIG_MAPS + "?labelSelector=a+in+(" + each("%x*", 140_000) + ")")


@bomb(200, 400, 414, 431)
def many_parameters(c): return c.request("GET", CONFIG_MAPS + "?" + "a&" * 400_000)


# Headers and encodings


@bomb(400, 413, 415)
def gzip_bomb(c):
    body = gzip.compress(b'{"metadata":{"name":"a"}}' + b" " * 100_000_000)
    return c.request("POST", CONFIG_MAPS, body, headers=[("Content-Encoding", "gzip")])


@bomb(*REFUSED)
def protobuf_nested(c):
    body = b""
    while len(body) < 3_000_000 and body.count(b"\x12") < 20_000:
        length, size = b"", len(body)
        while True:
            length += bytes([size & 127 | (128 if size > 127 else 0)])
            size >>= 7
            if not size:
                break
        body = b"\x12" + length + body
        if len(body) > 60_000:
            break
    return c.request("POST", CONFIG_MAPS, b"k8s\x00" + body, "application/vnd.kubernetes.protobuf")


@bomb(0, 400, 406, 431, 200)
def accept_of_many_types(c): return c.request("GET", CONFIG_MAPS, headers=[("Accept", "a/b;q=0.1," * 80_000)])


@bomb(0, 400, 431)
def many_headers(c): return c.request("GET", CONFIG_MAPS, headers=[("a%d" % i, "b") for i in range(70_000)])


@bomb(0, 400, 431)
def one_large_header(c): return c.request("GET", CONFIG_MAPS, headers=[("a", "b" * 1_100_000)])


@bomb(0, 400, 404, 414, 431)
def long_path(c): return c.request("GET", "/" + "a/" * 500_000)

"""Hostile schemas, patterns, rules and objects of custom resources, for bombs.py; as in bomb_requests.py."""
import copy
import json

from bomb_requests import CRDS, REFUSED, bomb, define, definition, foo


def rule(text):
    return {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer"}}, "s": {"type": "string"}},
            "x-kubernetes-validations": [{"rule": text}]}


def with_rule(c, text, spec):
    status, body = c.request("POST", CRDS, definition(rule(text)))
    if status != 201:
        return status, body
    define(c, rule(text))
    return foo(c, spec)


def with_pattern(c, pattern, text):
    define(c, {"type": "object", "properties": {"s": {"type": "string", "pattern": pattern}}})
    return foo(c, {"s": text})


@bomb(201, *REFUSED, 404)
def pattern_nested(c): return with_pattern(c, "^(a+)+$", "a" * 200_000 + "b")


@bomb(201, *REFUSED, 404)
def pattern_of_a_large_program(c): return with_pattern(c, "^(((a?){200}){200})$", "a" * 1_000_000)


@bomb(201, *REFUSED, 404)
def pattern_of_a_category(c): return with_pattern(c, "^(\\pL?){1000}$", "\u00e9" * 500_000)


@bomb(201, *REFUSED, 404)
def pattern_of_empty_repeats(c): return c.request("POST", CRDS, definition({"type": "object", "properties": {"s": {
    "type": "string", "pattern": "(((((){1000}){1000}){1000}){1000})x"}}}))


@bomb(201, *REFUSED, 404)
def pattern_of_optional_repeats(c): return c.request("POST", CRDS, definition({"type": "object", "properties": {"s": {
    "type": "string", "pattern": "((((){0,1000}){0,1000}){0,1000}){0,1000}"}}}))


@bomb(201, *REFUSED, 404)
def pattern_of_many_choices(c): return c.request("POST", CRDS, definition({"type": "object", "properties": {"s": {
    "type": "string", "pattern": "|".join(["a"] * 300_000)}}}))


@bomb(201, *REFUSED)
def schema_deep(c):
    text = json.dumps(definition({"type": "object", "X": 1}))
    deep = '"properties":{"a":' + '{"type":"object","properties":{"a":' * 4500 + '{"type":"string"}' + "}}" * 4500 + "}"
    return c.request("POST", CRDS, text.replace('"X": 1', deep).encode())


@bomb(201, *REFUSED)
def schema_wide(c):
    return c.request("POST", CRDS, definition({"type": "object", "properties": {"p%x" % i: {"type": "string", "default": "d"} for i in range(50_000)}}))


@bomb(201, *REFUSED)
def schema_wide_and_wrong(c):
    return c.request("POST", CRDS, definition({"type": "object", "properties": {"p%x" % i: {"type": "nonsense"} for i in range(60_000)}}))


@bomb(201, *REFUSED)
def definition_of_many_versions(c):
    body = definition({"type": "object"})
    version = body["spec"]["versions"][0]
    body["spec"]["versions"] = [dict(version, name="v%d" % (i + 1), storage=i == 0) for i in range(15_000)]
    return c.request("POST", CRDS, body)


@bomb(201, *REFUSED)
def definition_of_many_columns(c):
    body = definition({"type": "object"})
    body["spec"]["versions"][0]["additionalPrinterColumns"] = [{"name": "c%d" % i, "type": "string", "jsonPath": ".spec.a"} for i in range(30_000)]
    return c.request("POST", CRDS, body)


@bomb(201, *REFUSED)
def custom_list_map(c):
    item = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}
    define(c, {"type": "object", "properties": {"l": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": item}}})
    return foo(c, {"l": [{"k": "%x" % i} for i in range(150_000)]})


@bomb(201, *REFUSED)
def custom_list_set(c):
    define(c, {"type": "object", "properties": {"l": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}}})
    return foo(c, {"l": ["%x" % i for i in range(250_000)]})


@bomb(201, *REFUSED)
def custom_defaults_multiply(c):
    """A default of 50 KB for each of 100,000 empty items."""
    item = {"type": "object", "properties": {"s": {"type": "string", "default": "x" * 50_000}}}
    define(c, {"type": "object", "properties": {"l": {"type": "array", "items": item}}})
    return foo(c, {"l": [{}] * 100_000})


@bomb(201, *REFUSED)
def custom_defaults_nest(c):
    """Nested levels of ten defaults each are filled in from an empty object."""
    level = {"type": "string", "default": "x"}
    for _ in range(7):
        level = {"type": "object", "default": {}, "properties": {"p%d" % i: level for i in range(10)}}
        if len(json.dumps(level)) > 250_000:
            break
    define(c, {"type": "object", "properties": {"d": level}})
    return foo(c, {"d": {}})


@bomb(201, *REFUSED)
def cron_schedule(c):
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}
    return c.request("POST", "/apis/batch/v1/namespaces/default/cronjobs?dryRun=All", {
        "metadata": {"name": "a"}, "spec": {"schedule": ",".join(["*/1"] * 300_000) + " * * * *", "jobTemplate": template}})


@bomb(*REFUSED)
def custom_list_of_errors(c):
    define(c, {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer", "maximum": 5}}}})
    return foo(c, {"l": [9] * 700_000})


RULES = {
    "nested_all": ("self.l.all(a, self.l.all(b, self.l.all(d, a+b+d >= 0)))", {"l": list(range(2000))}),
    "string_doubling": ("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16].map(x, self.s+self.s+self.s+self.s+self.s+self.s+self.s+self.s).size() > 0", {"s": "a" * 300_000}),
    "equal_lists": ("self.l.all(a, self.l == self.l)", {"l": [0] * 300_000}),
    "replace_squared": ("self.s.replace('a', self.s).replace('a', self.s).size() > 0", {"s": "a" * 3000}),
    "replace_in_map": ("self.l.all(x, self.s.replace('a','bbbbbbbbbb').size() > 0)", {"s": "a" * 100_000, "l": list(range(200))}),
    "matches": ("self.l.all(x, self.s.matches('^(a?){1000}$'))", {"s": "a" * 100_000, "l": list(range(500))}),
    "join_of_split": ("self.l.all(x, self.s.split('').join(self.s).size() > 0)", {"s": "a" * 20_000, "l": list(range(200))}),
    "concatenation": ("self.l.map(x, self.l + self.l).size() > 0", {"l": [0] * 600}),
    "maps_of_maps": ("self.l.map(x, self.l.map(y, self.l)).size() >= 0", {"l": list(range(690))}),
    "parentheses": ("(" * 100_000 + "1" + ")" * 100_000 + "==1", {}),
    "sum": ("+".join(["1"] * 300_000) + " > 0", {}), "sum_short": ("+".join(["1"] * 5_000) + " > 0", {}),
    "or": ("||".join(["true"] * 300_000), {}), "not": ("!" * 500_000 + "true", {}), "ternary": ("true?true:" * 60_000 + "true", {}),
    "members": ("has(self" + ".a" * 60_000 + ")||true", {}), "indices": ("[1]" + "[0]" * 60_000 + "==1||true", {}),
}
for name, (text, spec) in RULES.items():
    def judged(c, text=text, spec=spec):
        return with_rule(c, text, copy.deepcopy(spec))
    judged.__name__ = "cel_" + name
    bomb(201, 404, *REFUSED)(judged)

"""The format of Tests/Kubectl/flows/*.txt: commands with the output that is expected of them.

    # A comment.
    versions: 1.27 1.30 1.33            also run with these kubectls; without it only with the default one
    alone                               nothing else runs at the same time: it changes what all namespaces share

    === web.yaml                        a file of the flow, up to the next `===`; $NS in it is the flow's namespace
    kind: …
    ===

    $ kubectl get pods                  a command of bash; `+ ` begins further lines of it
    > NAME   READY                      what it prints
    ! Error from server                 what it prints to standard error
    = 1                                 its exit status, if that is not 0

`$~ ` is tried again until the output is as expected, for 30 s at most (`$~60 `: 60 s). A line of a command and a line of output
may begin with versions of kubectl: `1.30+> `, `1.27!`, `1.29-$ ` (at least, exactly, at most).

What varies is masked by what is listed in MASKS, as in `web-5d59d67564-{id}`; `{id=first}` remembers what it was, for later
lines (`{first}`) and for commands (`$first`). A line `...` stands for any number of lines. Two spaces stand for any two or
more, or a tab; spaces at the end of a line do not count.
"""
import os
import re

SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]"
MASKS = {
    "age": r"(?:\d+(?:y|d|h|m|s)){1,2}",
    "any": r".*",
    "clusterip": r"10\.96\.\d+\.\d+",
    "date": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}",
    "digest": r"[0-9a-f]{64}",
    "duration": r"\d+(?:\.\d+)?(?:ms|s|µs)|\d+m\d+(?:\.\d+)?s",
    "hash": SUFFIX + "{6,10}",
    "id": SUFFIX + "{5}",
    "ip": r"\d+\.\d+\.\d+\.\d+",
    "lbip": r"172\.18\.255\.\d+",
    "millis": r"\d+(?:\.\d{1,3})?",
    "n": r"\d+",
    "node": r"node-[123]",
    "nodeip": r"172\.18\.0\.\d+",
    "nodeport": r"3[0-2]\d{3}",
    "podip": r"10\.244\.\d+\.\d+",
    "port": r"\d{4,5}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    "uid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "word": r"\S+",
}
LINE = re.compile(r"^(?P<version>1\.\d+[+-]?)?(?P<mark>\$|>|!|=)(?P<retry>~\d*)?(?: (?P<text>.*))?$")


def applies(condition, minor):
    """Whether a line that is for certain versions of kubectl is for 1.`minor`."""
    if not condition:
        return True
    wanted = int(re.match(r"1\.(\d+)", condition)[1])
    if condition.endswith("+"):
        return minor >= wanted
    return minor <= wanted if condition.endswith("-") else minor == wanted


class Line:
    """A line of expected output."""

    def __init__(self, version, mark, text):
        self.version = version
        self.mark = mark
        self.text = text

    def __str__(self):
        return f"{self.version or ''}{self.mark} {self.text}".rstrip()


class Command:
    """A command, and what is expected of it."""

    def __init__(self, number, version, retry, text):
        self.number = number  # of its line in the file
        self.version = version
        self.seconds = 0 if retry is None else int(retry[1:] or 30)
        self.script = text
        self.lines = []

    def expected(self, mark, minor):
        return [line.text for line in self.lines if line.mark == mark and applies(line.version, minor)]

    def exit_status(self, minor):
        return int((self.expected("=", minor) or ["0"])[-1])

    @property
    def has_versions(self):
        return any(line.version for line in self.lines)


class Flow:
    """One file."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).removesuffix(".txt")
        self.versions = []
        self.is_alone = False
        self.files = {}
        self.commands = []
        with open(path, encoding="utf-8") as file:
            self.source = file.read().split("\n")
        self.parse()

    def parse(self):
        command = None
        name = None
        for number, line in enumerate(self.source):
            if line.startswith("==="):
                name = line[3:].strip() or None
                if name:
                    self.files[name] = []
            elif name:
                self.files[name].append(line)
            elif found := LINE.match(line):
                if found["mark"] == "$":
                    command = Command(number, found["version"], found["retry"], found["text"])
                    self.commands.append(command)
                elif command is None:
                    raise ValueError(f"{self.path}:{number + 1}: output without a command")
                else:
                    command.lines.append(Line(found["version"], found["mark"], found["text"] or ""))
            elif line.startswith("+ ") and command and not command.lines:
                command.script += "\n" + line[2:]
            elif line.startswith("versions:"):
                self.versions = line.split()[1:]
            elif line.strip() == "alone":
                self.is_alone = True
            elif line.strip() == "":
                command = None
            elif not line.startswith("#"):
                raise ValueError(f"{self.path}:{number + 1}: not understood: {line}")

    def content(self, name, namespace):
        return "\n".join(self.files[name]).replace("$NS", namespace) + "\n"


def normalized(text):
    """Output as it is compared."""
    lines = [re.sub(r"(?<=\S) {2,}", "  ", line.replace("\t", "  ").rstrip()) for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def pattern_of(line, known):
    """The regular expression of an expected line. `known` are the values remembered, and None while they are not."""
    parts = []
    for text in re.split(r"(\{\w+(?:=\w+)?\})", re.sub(r"(?<=\S) {2,}", "  ", line.replace("\t", "  ").rstrip())):
        inner = text[1:-1].split("=") if text.startswith("{") else [""]
        if len(inner) == 2 and inner[0] in MASKS:
            if inner[1] in MASKS:
                raise ValueError(f"{text}: that is the name of a mask")
            if inner[1] in known and known[inner[1]] is None:
                parts.append(f"(?P={inner[1]})")
            else:
                known[inner[1]] = None
                parts.append(f"(?P<{inner[1]}>{MASKS[inner[0]]})")
        elif inner[0] in known and len(inner) == 1:
            value = known[inner[0]]
            parts.append(f"(?P={inner[0]})" if value is None else re.escape(value))
        elif inner[0] in MASKS and len(inner) == 1:
            parts.append(f"(?:{MASKS[inner[0]]})")
        else:
            parts.append(re.escape(text))
    return "".join(parts)


def match(expected, text, known):
    """Compares lines with output; remembers in `known` if they match."""
    found = dict(known)
    patterns = []
    for line in normalized("\n".join(expected)):
        patterns.append(r"(?:.*\n)*?" if line.strip() == "..." else pattern_of(line, found) + r"\n")
    output = "".join(line + "\n" for line in normalized(text))
    matched = re.fullmatch("".join(patterns), output)
    if matched is None:
        return False
    known.update({name: value for name, value in matched.groupdict().items() if value is not None})
    return True


# What replaces what varies, when the output of a command becomes what is expected of it.
GUESSES = [
    (MASKS["uid"], "{uid}"), (MASKS["time"], "{time}"), (MASKS["date"], "{date}"), (MASKS["podip"], "{podip}"),
    (r"10\.96\.(?!0\.10?\b)\d+\.\d+", "{clusterip}"), (MASKS["lbip"], "{lbip}"), (MASKS["nodeip"], "{nodeip}"),
    (r"\bnode-[123]\b", "{node}"), (rf"-{SUFFIX}{{5}}(?![\w-])", "-{id}"), (r"(?<=:)3[0-2]\d{3}(?=/)", "{nodeport}"),
    (r'(?<=resourceVersion: )"\d+"', '"{n}"'), (r"\bzone-[abc]\b", "{word}"),
    (r"(?<=containerd://)[0-9a-f]{64}|(?<=sha256:)[0-9a-f]{64}", "{digest}"), (r"\b\d+[smh](?:\d+s)? ago\b", "{age} ago"),
    (r"(?<=  )\d+[sm](?:\d+s)?(?=$|  )", "{age}"),
]


def guess(line, namespace):
    line = re.sub(rf"\b{re.escape(namespace)}\b", "{ns}", line)
    for pattern, mask in GUESSES:
        line = re.sub(pattern, mask, line)
    return line


def updated(command, minor, out, err, status, known):
    """The lines of a command's block after it has printed this. Lines that still match stay as they are."""
    lines = []
    for mark, text in ((">", out), ("!", err)):
        old = command.expected(mark, minor)
        for line in (line.replace("\t", "  ").rstrip() for line in text.rstrip("\n").split("\n") if text.strip()):
            same = [o for o in old if o != "..." and match([o], line, dict(known))]
            if same:
                old = old[old.index(same[0]) + 1:]
            lines.append(str(Line(None, mark, same[0] if same else guess(line, known["ns"]))))
    if status:
        lines.append(f"= {status}")
    return lines

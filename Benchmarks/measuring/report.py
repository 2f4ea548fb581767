"""Rows of figures: medians, spreads, yardsticks, targets, as a table and as JSON."""
import json
import os
import platform
import statistics
import sys
import time


class Target:
    """What a row has to reach: a bound on its median, or on the ratio of its median to that of the yardstick."""

    def __init__(self, text, of, at_most=None, at_least=None):
        self.text, self.of, self.at_most, self.at_least = text, of, at_most, at_least

    def is_met(self, value, ratio):
        figure = ratio if self.of == "ratio" else value
        if figure is None:
            return False
        return (self.at_most is None or figure <= self.at_most) and (self.at_least is None or figure >= self.at_least)


def at_most(bound, unit=""):
    return Target(f"<= {short(bound)} {unit}".rstrip(), "value", at_most=bound)


def at_least(bound, unit=""):
    return Target(f">= {short(bound)} {unit}".rstrip(), "value", at_least=bound)


def ratio_at_most(bound):
    return Target(f"<= {bound} x", "ratio", at_most=bound)


def ratio_at_least(bound):
    return Target(f">= {bound} x", "ratio", at_least=bound)


def short(number):
    """As many digits as say something."""
    if number is None:
        return "-"
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    if abs(number) >= 100 or number == int(number):
        return f"{number:.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def spread(values):
    """How far the values lie apart, in percent of their median."""
    middle = statistics.median(values)
    return 0 if middle == 0 else (max(values) - min(values)) / abs(middle) * 100


class Row:
    def __init__(self, name, unit, values, yardstick=None, theirs=None, target=None, note=""):
        self.name, self.unit, self.values = name, unit, list(values)
        self.yardstick, self.theirs = yardstick, list(theirs or [])
        self.target, self.note, self.failure = target, note, None
        # How busy the machine was, with this and with everything else.
        self.load = os.getloadavg()[0]

    @property
    def value(self):
        return statistics.median(self.values) if self.values else None

    @property
    def their_value(self):
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratio(self):
        return self.value / self.their_value if self.values and self.their_value else None

    @property
    def is_met(self):
        """None without a target."""
        if self.failure is not None:
            return False
        return None if self.target is None else self.target.is_met(self.value, self.ratio)

    def as_json(self):
        return {
            "name": self.name, "unit": self.unit, "median": self.value, "values": self.values,
            "spread_percent": round(spread(self.values), 1) if self.values else None,
            "yardstick": self.yardstick, "yardstick_median": self.their_value, "yardstick_values": self.theirs,
            "ratio": self.ratio, "target": self.target.text if self.target else None, "met": self.is_met,
            "note": self.note, "load": round(self.load, 1), "failure": self.failure,
        }

    def cells(self):
        if self.failure is not None:
            return [self.name, "FAILED", "", "", "", "FAILED"]
        ours = f"{short(self.value)} {self.unit}".strip()
        if len(self.values) > 1:
            ours += f" ±{spread(self.values) / 2:.0f}%"
        theirs = ""
        if self.theirs:
            theirs = f"{self.yardstick}: {short(self.their_value)}"
            if len(self.theirs) > 1:
                theirs += f" ±{spread(self.theirs) / 2:.0f}%"
        verdict = {None: "", True: "ok", False: "MISSED"}[self.is_met]
        said = "; ".join(text for text in (theirs, self.note) if text)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.name, ours, said, ratio, self.target.text if self.target else "", verdict]


class Report:
    def __init__(self):
        self.rows = []
        self.began = time.time()
        self.load_before = os.getloadavg()[0]

    def row(self, *arguments, **named):
        row = Row(*arguments, **named)
        self.rows.append(row)
        print("   " + "  ".join(cell for cell in row.cells() if cell), file=sys.stderr, flush=True)
        return row

    def fail(self, name, error):
        row = Row(name, "", [])
        row.failure = f"{type(error).__name__}: {error}"
        self.rows.append(row)
        print(f"   {name}: FAILED: {row.failure}", file=sys.stderr, flush=True)

    @property
    def failures(self):
        return [row for row in self.rows if row.failure is not None]

    @property
    def misses(self):
        return [row for row in self.rows if row.is_met is False and row.failure is None]

    def table(self):
        head = [f"measured on {os.cpu_count()} cores", "Fairlead", "yardstick", "ratio", "target", ""]
        lines = [head] + [row.cells() for row in self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(6)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if column == 3 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(line, widths))
            ).rstrip()
            for line in lines
        )

    def markdown(self):
        """The table of docs/performance.md."""
        lines = ["| measurement | Fairlead | yardstick | ratio | target | |", "|---|---|---|---|---|---|"]
        for row in self.rows:
            cells = row.cells()
            if cells[0].startswith(" "):
                cells[0] = "… " + cells[0].strip()
            if cells[-1] in ("MISSED", "FAILED"):
                cells[-1] = f"**{cells[-1].lower()}**"
            lines.append("| " + " | ".join(cell.strip() for cell in cells) + " |")
        return "\n".join(lines)

    def as_json(self):
        return json.dumps({
            "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began)),
            "seconds": round(time.time() - self.began), "cores": os.cpu_count(), "machine": platform.platform(),
            "load_before": self.load_before, "rows": [row.as_json() for row in self.rows],
        }, indent=2)

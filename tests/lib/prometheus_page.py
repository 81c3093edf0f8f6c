"""Reads a page of Prometheus' text format (0.0.4) as strictly as its description has it: anything doubtful is an error."""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\n]|\\[\\\"n])*)\"(,|\Z)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
TYPES = ("counter", "gauge", "summary", "histogram", "untyped")
BASE_UNITS = {"microseconds": "seconds", "milliseconds": "seconds", "minutes": "seconds", "mebibytes": "bytes", "kilobytes": "bytes"}


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m and m.group(1) not in found, f"labels {text!r}"
        found[m.group(1)] = m.group(2)
        at = m.end()
    assert not text.endswith(","), text
    return found


def number(text):
    if text in ("NaN", "+Inf", "-Inf"):
        return float(text.lower().replace("inf", "infinity"))
    assert re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", text), f"no number: {text!r}"
    return float(text)


def family_of(name, kind):
    for end in ("_count", "_sum", "_bucket") if kind in ("summary", "histogram") else ():
        if name.endswith(end):
            return name[:-len(end)]
    return name


def check_sample(family, kind, name, labels, value):
    assert family_of(name, kind) == family, f"{name} stands among {family}"
    if kind == "counter":
        assert value >= 0 and not math.isnan(value), (name, value)
    if kind == "summary" and name == family:
        assert 0 <= float(labels["quantile"]) <= 1, labels
    assert kind == "summary" or "quantile" not in labels, labels


def check_name(name, kind):
    """What a linter of such pages wants of names."""
    assert (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"
    for word in name.split("_"):
        assert word not in BASE_UNITS, f"{name}: the unit is {BASE_UNITS[word]}"


def read(page):
    """{(name, ((label, value), ...)): number}"""
    assert page.endswith("\n"), "the last line does not end"
    values, types, helped, family = {}, {}, set(), None
    for line in page[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, text = line[7:].split(" ", 1)
            assert NAME.match(name) and name not in helped and text and re.fullmatch(r"(?:[^\\]|\\[\\n])*", text), line
            helped.add(name)
        elif line.startswith("# TYPE "):
            family, kind = line[7:].split(" ")
            assert NAME.match(family) and family not in types and kind in TYPES and family in helped, line
            check_name(family, kind)
            types[family] = kind
        else:
            m = SAMPLE.match(line)
            assert m and family, f"no sample: {line!r}"
            labels, value = labels_of(m.group(2) or ""), number(m.group(3))
            check_sample(family, types[family], m.group(1), labels, value)
            key = (m.group(1), tuple(sorted(labels.items())))
            assert key not in values, f"twice: {line}"
            values[key] = value
    assert helped == set(types), helped ^ set(types)
    return values

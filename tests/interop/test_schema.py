"""The JSON schemas of docs/schema against the golden messages and against everything a running gaitd sends and answers; and that they refuse what is no
message: every member that must be there taken away or of another type."""
import base64
import copy
import glob
import json
import os
import re
import sys

SOURCE = os.environ["GAIT_SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests/lib"))
from gaitd_run import WALKER, Gaitd, collect, skip  # noqa: E402

try:
    import jsonschema
except ImportError:
    skip("python3-jsonschema is not installed")


def validators(name):
    with open(os.path.join(SOURCE, "docs/schema", name), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    return {d: jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{d}"}) for d in schema["$defs"]}


STREAM, CONTROL = validators("stream-1.0.json"), validators("control-1.0.json")


def kind_of(topic):
    words = topic.split("/")
    return words[1] if words[0] == "json" else words[0]


def check(validator, value, what):
    problems = sorted(validator.iter_errors(value), key=str)
    assert not problems, f"{what}: {problems[0].message} at {list(problems[0].absolute_path)}\n{json.dumps(value)[:600]}"


def required(validator):
    """Members that every one of the definition's parts asks for."""
    out, todo = set(), [validator.schema["$defs"][validator.schema["$ref"].rsplit("/", 1)[1]]]
    while todo:
        part = todo.pop()
        out |= set(part.get("required", []))
        todo += part.get("allOf", [])
        if "$ref" in part:
            todo.append(validator.schema["$defs"][part["$ref"].rsplit("/", 1)[1]])
    return out


def named(part, defs):
    """Members that the definition and its parts know."""
    out = set(part.get("properties", {}))
    for other in part.get("allOf", []) + ([defs[part["$ref"].rsplit("/", 1)[1]]] if "$ref" in part else []):
        out |= named(other, defs)
    return out


def documented(kind, header):
    """A member or an event that neither schema nor page knows is somebody's surprise."""
    unknown = set(header) - named(STREAM[kind].schema, STREAM[kind].schema["$defs"])
    assert kind == "status" or not unknown, f"{kind}: the schema does not know {sorted(unknown)}"
    if kind == "trial" and header["state"] in ("started", "ended"):
        missing = named(STREAM[kind].schema["$defs"][kind], STREAM[kind].schema["$defs"]) - {"dtype", "shape", "unit", "payload"} - set(header)
        assert not missing, f"{kind} {header['state']} without {sorted(missing)}"


def events():
    """The schema's events are those of the page, and gaitd's source sends no other by name."""
    parts = STREAM["event"].schema["$defs"]["event"]["allOf"]
    names = set(next(p["properties"]["event"]["enum"] for p in parts if "event" in p.get("properties", {}) and "required" in p))
    with open(os.path.join(SOURCE, "docs/STREAM.md"), encoding="utf-8") as f:
        page = f.read().split("### event")[1].split("\n### ")[0]
    told = {n for row in re.findall(r"^\| (`.*?) \|", page, re.M) for n in re.findall(r"`(\w+)`", row)}
    assert told == names, f"of STREAM.md and the schema one alone has {told ^ names}"
    sent = set()
    for path in glob.glob(os.path.join(SOURCE, "daemon/*.c")):
        with open(path, encoding="utf-8") as f:
            sent |= set(re.findall(r'"event",\s+(?:json_string\()?"(\w+)"', f.read()))
    assert {"gap", "tare", "session", "treatment"} <= sent <= names, sent - names
    for name in names:
        one = {"v": "1.0", "instance": "0" * 16, "seq": 1, "frame": 0, "t_ns": 1, "mat": "m", "gap_device": 0, "gap_ring": 0, "skipped": 0, "event": name}
        assert list(STREAM["event"].iter_errors(one)), f"{name} without a text is taken"
        more = next((p["then"]["required"] for p in parts if p.get("if", {}).get("properties", {}).get("event") == {"const": name}), [])
        assert not more or list(STREAM["event"].iter_errors(dict(one, text="x"))), f"{name} without {more} is taken"
    print(f"ok: {len(names)} events")


def refuses(validator, good, what):
    n = 0
    for member in sorted(required(validator)):
        bad = copy.deepcopy(good)
        del bad[member]
        assert list(validator.iter_errors(bad)), f"{what} without {member} is taken"
        for other in ({"x": 1}, "x", -1, 1.5, True, None):
            if type(other) is type(good[member]) or (other is None and member in ("mean_kPa", "cop_x_mm", "cop_y_mm", "peak_cell")):
                continue
            bad[member] = other
            n += bool(list(validator.iter_errors(bad)))
        bad[member] = [[]]
        assert list(validator.iter_errors(bad)), f"{what} with {member} [[]] is taken"
    return n


def golden():
    with open(os.path.join(SOURCE, "tests/unit/stream/golden/messages.json"), encoding="utf-8") as f:
        messages = json.load(f)
    n = 0
    for m in messages:
        if "header" in m:
            topic = base64.b64decode(m["parts"][0]).decode().split(" ")[0]
            check(STREAM[kind_of(topic)], m["header"], f"golden {m['name']}")
            n += 1
    assert n >= 8
    print(f"ok: {n} golden messages fit")


def running():
    best, seen = {}, {}
    with Gaitd(WALKER % ("seed=3,rows=150,cols=22,pitch=15,rate=50,lead_s=0.5,tail_s=0.5", 0)) as d:
        sub = d.subscribe("frame/", "frame2/", "frame10/", "live/", "footfall/", "trial/", "event/", "status/")
        single = d.subscribe("json/trial/", "json/footfall/")
        asked = {"v": "1.0", "client": d.client, "id": "x", "verb": "trial start", "args": {}}
        check(CONTROL["request"], asked, "a request")
        for verb, args in (("status", {}), ("snapshot", {}), ("devices", {}), ("config", {}), ("metrics", {}), ("trial start", {}), ("nonsense", {}),
                           ("session open", {"subject": "R01", "mass_kg": 70}), ("session open", {"subject": "R02"}), ("trial start", {}),
                           ("mark", {"text": "here"}), ("session list", {})):
            check(CONTROL["reply"], d.ask_raw(verb, args), f"the reply to {verb}")
        got = collect(sub, lambda t, h: t == "trial/mat-1/" and h["state"] == "sealed")
        for verb, args in (("footfall set-side", {"footfall": 1, "side": "left"}), ("footfall invalid", {"footfall": 1, "why": "slipped"}),
                           ("treatment start", {"technique": "massage", "side": "both"}), ("treatment stop", {}), ("session lock", {})):
            check(CONTROL["reply"], d.ask_raw(verb, args), f"the reply to {verb}")
        got += collect(sub, lambda t, h: h.get("event") == "session")
        told = [h["event"] for t, h, _ in got if t.startswith("event/")]
        assert told[-5:] == ["set_side", "invalid", "treatment", "treatment", "session"], told
        reply = d.ask_raw("status")
        while single.poll(500):
            topic, text = single.recv().decode().split(" ", 1)
            check(STREAM[kind_of(topic)], json.loads(text), topic)
            seen[topic] = seen.get(topic, 0) + 1
        assert seen.pop("json/trial/mat-1/") >= 2 and seen.pop("json/footfall/mat-1/") >= 1, seen
        for topic, header, _ in got:
            kind = kind_of(topic)
            check(STREAM[kind], header, topic)
            documented(kind, header)
            seen[kind] = seen.get(kind, 0) + 1
            if kind != "live" or header["feet"]:
                best[kind] = header
    assert set(seen) == set(STREAM) - {"head"}, f"kinds that came: {sorted(seen)}"
    bad = sum(refuses(STREAM[kind], header, kind) for kind, header in best.items())
    for member in ("v", "client", "id", "ok", "already", "result"):
        wrong = {k: v for k, v in reply.items() if k != member}
        assert list(CONTROL["reply"].iter_errors(wrong)), f"a reply without {member} is taken"
    print(f"ok: {sum(seen.values())} messages of {len(seen)} kinds fit, {bad} spoilt ones do not")


golden()
events()
running()

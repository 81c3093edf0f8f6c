"""The JSON schemas of docs/schema against the golden messages and against everything a running gaitd sends and answers; and that they refuse what is no
message: every member that must be there taken away or of another type."""
import base64
import copy
import json
import os
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
        reply = d.ask_raw("status")
        while single.poll(500):
            topic, text = single.recv().decode().split(" ", 1)
            check(STREAM[kind_of(topic)], json.loads(text), topic)
            seen[topic] = seen.get(topic, 0) + 1
        assert seen.pop("json/trial/mat-1/") >= 2 and seen.pop("json/footfall/mat-1/") >= 1, seen
        for topic, header, _ in got:
            kind = kind_of(topic)
            check(STREAM[kind], header, topic)
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
running()

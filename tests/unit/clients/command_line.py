"""The command line without a daemon: help of every verb, usage errors, exit statuses, completion, the table of metrics."""
import json
import os
import subprocess
import sys
import tempfile

BIN = os.environ["GAIT_BIN_DIR"]
GAIT = os.path.join(BIN, "gait")
TWO_WORDS = {"session", "trial", "footfall"}


def gait(*argv, **env):
    done = subprocess.run([GAIT, *argv], capture_output=True, text=True, timeout=30, check=False, env=dict(os.environ, **env))
    return done.returncode, done.stdout, done.stderr


def verbs():
    status, out, _ = gait("--help")
    assert status == 0
    listed = out.split("Verbs (", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    assert max(map(len, out.splitlines())) <= 80, "help is wider than 80"
    return [line[2:23].strip() for line in listed]


def check_help(names):
    assert len(names) >= 15 and "trial start" in names, names
    for name in names:
        status, out, err = gait(*name.split(), "--help")
        assert status == 0 and not err, f"{name}: {status} {err}"
        assert out.startswith(f"Usage: gait {name}"), out[:80]
        assert "--socket" in out and "--json" in out, f"{name}: the common options are missing"


def check_usage():
    for argv, say in [(["nonsense"], "no verb"), (["session"], "no verb"), (["session", "opne"], "'session opne' is no verb"),
                      (["session", "open"], "--subject"), (["session", "open", "--subject", "S1", "--mass-kg", "heavy"], "--mass-kg"),
                      (["trial", "start", "--speed", "2"], "--replay"), (["footfall", "set-side", "1", "up"], "left or right"),
                      (["mark"], "TEXT"), (["mark", "a", "b"], "in quotes"), (["metrics", "beauty"], "beauty"), (["status", "x"], "too much"),
                      (["import", "--subject", "Jane Doe", "x.lst"], "pseudonym"), (["import", "--subject", "Doe", "x.lst"], "pseudonym"),
                      (["--nonsense"], "nonsense"), (["session", "set", "x"], "FIELD=VALUE")]:
        status, out, err = gait(*argv)
        assert status == 2 and say in err and not out, f"{argv}: {status} {err!r} {out!r}"


def check_no_daemon():
    with tempfile.TemporaryDirectory() as nowhere:
        for argv in (["status"], ["devices"], ["trial", "stop"], ["watch"], ["session", "close"], ["tare"]):
            status, out, err = gait("--socket", nowhere, *argv)
            assert status == 4 and not out and len(err.splitlines()) == 1 and nowhere in err, f"{argv}: {status} {err!r}"
            status, out, err = gait(*argv, "--json", GAIT_SOCKET=nowhere)
            assert status == 4 and not out and json.loads(err)["error"]["code"] == "no-daemon", f"{argv}: {status} {err!r}"


def check_metrics():
    status, out, _ = gait("metrics", "--json")
    table = json.loads(out)
    assert status == 0 and len(table["metrics"]) > 80
    for row in table["metrics"]:
        assert row["unit"] and row["definition"] and row["source"], row
    assert gait("metrics", "arch_index")[1].startswith("arch_index [1], step tier")
    assert "\033" not in gait("metrics", "arch_index")[1], "colour although it is no terminal"


def complete(words):
    script = f'source <({GAIT} --completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _gait; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.split()


def check_completion(names):
    assert set(complete(["gait", ""])) == {name.split()[0] for name in names}
    for first in TWO_WORDS:
        assert set(complete(["gait", first, ""])) == {n.split()[1] for n in names if n.startswith(first + " ")}
    assert complete(["gait", "session", "open", "--mass"]) == ["--mass-kg"]
    assert complete(["gait", "--json", "sta"]) == ["status"]
    assert set(complete(["gait", "footfall", "set-side", "3", ""])) == {"left", "right"}
    assert gait("--completion", "fish")[0] == 2


def main():
    if not os.path.exists(GAIT):
        print("SKIP: gait is not built in this configuration")
        return 77
    names = verbs()
    check_help(names)
    check_usage()
    check_no_daemon()
    check_metrics()
    check_completion(names)
    print(f"{len(names)} verbs")
    return 0


if __name__ == "__main__":
    sys.exit(main())

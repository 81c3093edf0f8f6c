"""gaitweb without a browser: who is let in, what it serves, what it takes, what a slow browser costs."""
import json
import os
import random
import shutil
import socket
import ssl
import struct
import subprocess
import sys

import web
from web import lab

WALKER = {"walker": "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70", "speed": 2}
STRICT = {"content-security-policy": "default-src 'self'", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


def who_is_let_in(server):
    status, headers, body = server.http("GET /")
    assert status == 401 and b"Token" in body and b"app.js" not in body, status
    for name, value in STRICT.items():
        assert headers[name].startswith(value), (name, headers)
    assert "unsafe" not in headers["content-security-policy"] and "frame-ancestors 'none'" in headers["content-security-policy"]
    assert server.http("GET /app.js")[0] == 401
    for wrong in ("", "0" * 32, server.token[:-1], server.token + "0", server.token.upper() + "%00"):
        assert server.http(f"GET /?token={wrong}")[0] in (0, 401, 403), wrong
    assert server.http(f"GET /?token={server.token}", host="evil.example")[0] == 403
    assert server.http(f"GET /?token={server.token}", host=f"evil.example:{server.port}")[0] == 403
    form = f"token={server.token}".encode()
    assert server.http("POST /login", headers=["Origin: http://evil.example"], body=form)[0] == 403
    assert server.http("POST /login", headers=[f"Origin: {server.origin}"], body=form)[0] == 303
    assert server.http("POST /login", headers=[f"Origin: {server.origin}"], body=b"token=" + b"0" * 32)[0] == 403
    assert server.http("POST /login", headers=[f"Origin: {server.origin}"], body=b"token=" + b"0" * 5000)[0] == 0  # hung up
    cookie = server.log_in()
    assert server.log_in() != cookie
    for name in os.listdir(web.PAGE):  # no build step: what a browser runs is what was committed
        with open(os.path.join(web.PAGE, name), "rb") as page:
            status, headers, body = server.http(f"GET /{name}", headers=[f"Cookie: {cookie}"])
            assert status == 200 and body == page.read() and headers["cache-control"] == "no-store", name
    for path in ("/../main.c", "/%2e%2e/main.c", "/..%2fmain.c", "//etc/passwd", "/page", "/app.js/x"):
        assert server.http(f"GET {path}", headers=[f"Cookie: {cookie}"])[0] in (403, 404), path
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert server.http(f"{method} /app.js", headers=[f"Cookie: {cookie}"])[0] in (0, 403, 404, 405), method
    assert not server.handshake(""), "no cookie"
    assert not server.handshake(cookie[:-1] + "x"), "a wrong cookie"
    for origin in ("http://evil.example", "null", "", "https://" + server.host, server.origin + ".evil.example", "http://127.0.0.1"):
        assert not server.handshake(cookie, origin=origin), origin
    assert not server.handshake(cookie, host="evil.example"), "a foreign Host"
    assert not server.handshake(cookie, protocol=""), "no protocol"
    return cookie


def garbage(count):
    """Messages that are not what the page sends; each is answered or ends the connection, nothing else."""
    rng = random.Random(7)
    good = '{"id":"1","verb":"trial start","args":{"mat":"mat-1","condition":"barefoot"}}'
    yield from ("", "{", "[]", "null", "1e999", '"x"', "{}", '{"id":""}', '{"id":5,"verb":"tare"}', '{"id":"1","verb":"shutdown"}', '{"watch":5}',
                '{"watch":"' + "m" * 65 + '"}', '{"id":"' + "i" * 33 + '","verb":"tare"}', '{"id":"1","verb":"tare","args":[]}', '{"id":"1","id":"2","verb":"tare"}',
                '{"id":"1","verb":"trial start","args":{"source":{"replay":{"path":"/etc/passwd"}}}}', '{"id":"1","verb":"mark","args":{"text":"' + "t" * 128 + '"}}',
                '{"id":"1","verb":"session open","args":{"subject":"S\\u0000"}}', '{"id":"1","verb":"session open","args":{"mass_kg":"70"}}',
                '{"id":"1","verb":"session open","args":{"fields":{"a":[1]}}}', '{"id":"1","verb":"trial discard","args":{"trial":-1}}', "[" * 4000)
    for _ in range(count):
        text = list(good)
        for _ in range(rng.randrange(1, 5)):
            i = rng.randrange(len(text))
            text[i] = rng.choice(['"', "{", "}", "\\", "[", ":", ",", "0", "\u00e9", "", text[i] * 2, "\\u0000"])
        yield "".join(text)


def looks_only(server, cookie):
    s = web.Socket(server, cookie)
    kind, hello, _ = s.next()
    assert kind == "hello" and hello["operate"] is False
    reply = s.ask('{"id":"first","verb":"session open","args":{"subject":"S01"}}')
    assert not reply["ok"] and reply["error"]["code"] == "not-allowed", reply
    for text in garbage(300):
        try:
            s.send(text)
        except OSError:
            s = web.Socket(server, cookie)
    try:  # whatever became of that connection, the server answers
        s.send('{"id":"last","verb":"tare"}')
        s.until("reply", lambda m: m["id"] == "last")
    except (EOFError, OSError):
        s = web.Socket(server, cookie)
    for size, final in ((5000, True), (4000, False)):
        big = web.Socket(server, cookie)
        try:
            for _ in range(3):
                big.send("x" * size, final=final, opcode=1 if _ == 0 else 0)
            while True:
                big.next()
        except (EOFError, OSError):
            pass
    raw = server.handshake(cookie)
    raw.sendall(b"\x81\xff" + struct.pack(">Q", 1 << 62) + bytes(4) + b"x" * 1000)  # claims 4 EiB
    raw.sendall(b"x" * 20000)
    raw.close()
    web.Socket(server, cookie).until("status")


def operates(gaitd, server):
    """A session through the WebSocket; beside it a browser that does not read, and one that looks."""
    cookie = server.log_in()
    operator, looker = web.Socket(server, cookie), web.Socket(server, server.log_in())
    stalled = web.Socket(server, cookie)
    stalled.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for s in (operator, looker, stalled):
        assert s.until("snapshot")[1]["m"]["mats"][0]["rows"] == 360
        s.send('{"watch":"mat-1"}')
    for text in garbage(100):
        if "trial start" not in text or '"args":{"' not in text:
            operator.send(text)
    before = gaitd.gait("status")[1]["session"]
    assert before is None, f"garbage opened a session: {before}"
    assert operator.ask('{"id":"name","verb":"session open","args":{"subject":"Anna"}}')["error"]["code"] == "bad-argument"
    assert operator.ask('{"id":"3","verb":"session open","args":{"subject":"S01","mass_kg":70}}')["ok"]
    subscriber = gaitd.subscribe("footfall/", "trial/", "frame2/")
    operator.send('{"id":"4","verb":"trial start","args":{"mat":"mat-1","timepoint":"pre1"}}')
    stream = subscriber.until(lambda m: m["topic"].startswith("trial/") and m["state"] == "ended")
    wanted = [m for m in stream if m["topic"].startswith("footfall/")]
    frames = {m["frame"]: m for m in stream if m["topic"].startswith("frame2/")}
    seen, got = 0, []
    while True:
        kind, message, payload = looker.next()
        if kind == "frame" and message["frame"] in frames:
            check_frame(message, payload, frames[message["frame"]])
            seen += 1
        elif kind == "footfall":
            check_footfall(message["m"], payload, wanted[len(got)])
            got.append(message)
        elif kind == "trial" and message["m"]["state"] == "ended":
            break
        assert kind != "missed", message
    assert len(got) == len(wanted) > 0 and seen > 10, (len(got), len(wanted), seen)
    kinds = set()
    while not {"footfall", "status"} <= kinds:  # the stalled one goes on where it was
        kinds.add(stalled.next()[0])
    assert operator.ask('{"id":"5","verb":"trial discard","args":{"why":"a test"}}')["ok"]
    return len(got), seen


def check_frame(message, payload, frame):
    """Every cell at or above the floor, to a tenth of a kPa."""
    kPa = struct.unpack(f"<{len(frame['payload']) // 4}f", frame["payload"])
    cells, at = {}, 0
    while at < len(payload):
        first, count = struct.unpack_from("<II", payload, at)
        for i, value in enumerate(struct.unpack_from(f"<{count}H", payload, at + 8)):
            cells[first + i] = value / 10
        at += 8 + 2 * (count + count % 2)
    assert at == len(payload)
    assert [message["rows"], message["cols"]] == frame["shape"]
    for i, p in enumerate(kPa):
        if i in cells:
            assert abs(cells[i] - p) <= .0501, (i, cells[i], p)
        else:
            assert not p >= 2, (i, p)


def check_footfall(m, payload, footfall):
    assert m == {k: v for k, v in footfall.items() if k not in ("topic", "payload")}, "the header is not the stream's"
    rows, cols = m["shape"][1:]
    kPa = struct.unpack(f"<{2 * rows * cols}f", footfall["payload"])[:rows * cols]
    tenths = struct.unpack(f"<{rows * cols}H", payload)
    assert all(abs(t / 10 - max(0, p)) <= .0501 for t, p in zip(tenths, kPa))


def sized(body):
    """Messages one behind the other, each with its size before it: [(message, payload)]."""
    got, at = [], 0
    while at < len(body):
        size, magic, n = struct.unpack_from("<III", body, at)
        assert magic == 0x54494147
        got.append((json.loads(body[at + 12:at + 12 + n]), body[at + 12 + n:at + 4 + size]))
        at += 4 + size
    assert at == len(body)
    return got


def recorded(gaitd):
    """A session of one trial, closed: its file, and the frames and footfalls that were streamed."""
    gaitd.gait("session", "open", "--subject", "S02", "--mass-kg", "70")
    got, _ = gaitd.record("--timepoint", "pre1", topics=("frame/", "footfall/"))
    gaitd.gait("session", "close")
    path = next(s["path"] for s in gaitd.gait("session", "list")[1]["sessions"] if s["subject"] == "S02")
    return path, [m for m in got if m["topic"].startswith("frame/")], [m for m in got if m["topic"].startswith("footfall/")]


def check_review(server, cookie, number, frames, footfalls):
    """Every frame and footfall of the file is what was streamed, to a tenth of a kPa."""
    def ask(path, wanted=200):
        status, headers, body = server.http(f"GET /review/{number}/{path}", headers=[f"Cookie: {cookie}"])
        assert status == wanted, (path, status)
        return headers, body
    while True:
        info = json.loads(ask("trials.json")[1])
        assert info["state"] != "failed", info
        if info["state"] == "done":
            break
    (trial,) = info["trials"]
    assert (trial["frames_read"], trial["footfalls_read"], trial["timepoint"]) == (len(frames), len(footfalls), "pre1"), (trial, len(frames), len(footfalls))
    got = []
    while len(got) < len(frames):
        got += sized(ask(f"0/frames-{len(got)}.bin")[1])
    for (message, payload), frame in zip(got, frames):
        check_frame(message, payload, frame)
    for (message, payload), footfall in zip(sized(ask("0/footfalls.bin")[1]), footfalls):
        assert message["m"]["metrics"] == footfall["metrics"] and message["m"]["curves"] == footfall["curves"], "a footfall is not the stream's"
        rows, cols = footfall["shape"][1:]
        kPa = struct.unpack(f"<{2 * rows * cols}f", footfall["payload"])[:rows * cols]
        assert all(abs(t / 10 - max(0, p)) <= .0501 for t, p in zip(struct.unpack(f"<{rows * cols}H", payload), kPa))
    for path in ("1/frames-0.bin", f"0/frames-{len(frames)}.bin", "0/frames-x.bin", "0/frames-0.bin.x", "0/frames--1.bin", "", "trials.jsonx"):
        ask(path, 404)
    for path in ("/review/99/trials.json", "/review/-1/trials.json", "/review/", "/review/1", "/review/" + "9" * 300):
        assert server.http(f"GET {path}", headers=[f"Cookie: {cookie}"])[0] == 404, path
    assert server.http(f"GET /review/{number}/trials.json")[0] == 401, "a file is shown without a login"
    return ask


def compared(ask):
    while True:
        said = json.loads(ask("compare.json")[1])
        if said["state"] != "running":
            return said


def reviews(gaitd, file):
    """A file without a daemon, and a closed session beside one."""
    path, frames, footfalls = file
    with web.Web(gaitd.run_folder, program=("gait", "web", path)) as server:
        cookie = server.log_in()
        ask = check_review(server, cookie, 1, frames, footfalls)
        said = compared(ask)
        assert said["state"] == "done" and {g["timepoint"] for g in said["result"]["groups"]} == {"pre1"}, said
        if said["report"]:
            headers, body = ask("report.pdf")
            assert body.startswith(b"%PDF") and headers["content-disposition"] == 'attachment; filename="report.pdf"', headers
        hello = web.Socket(server, cookie).until("hello")[1]
        assert hello["review"] == 1 and hello["operate"] is False, hello
    with web.Web(gaitd.run_folder, "--operate") as server:
        cookie = server.log_in()
        s = web.Socket(server, cookie)
        closed = next(r["session"] for r in s.ask('{"id":"1","verb":"session list"}')["result"]["sessions"] if r["subject"] == "S02")
        for wrong in ("nobody", path.split("/")[-1]):
            assert not s.ask(json.dumps({"id": "2", "verb": "review open", "args": {"session": wrong}}))["ok"], wrong
        for wrong in (path, "../../etc/passwd", ".."):
            assert s.ask(json.dumps({"id": "3", "verb": "review open", "args": {"session": wrong}}))["error"]["code"] == "bad-request", wrong
        number = s.ask(json.dumps({"id": "4", "verb": "review open", "args": {"session": closed}}))["result"]["review"]
        check_review(server, cookie, number, frames, footfalls)
        assert s.ask(json.dumps({"id": "5", "verb": "review open", "args": {"session": closed}}))["result"]["review"] == number, "opened twice"
    status, _, said = lab.run("gait", "web", "/nowhere.h5")
    assert status == 3 and said.count("\n") == 1 and "/nowhere.h5" in said, (status, said)


def certificate(folder):
    """Of this machine's own, for an hour: (certificate, key)."""
    paths = [os.path.join(folder, name) for name in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=gait lab",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def encrypted(gaitd):
    """TLS by certificate files: nothing in the clear, a cookie that travels encrypted only, and the page's origin is https."""
    if not shutil.which("openssl"):
        print("openssl is not installed: TLS was not looked at")
        return
    cert, key = certificate(gaitd.folder)
    trusting = ssl.create_default_context(cafile=cert)
    with web.Web(gaitd.run_folder, "--cert", cert, "--key", key, tls=trusting) as server:
        assert server.http("GET /")[0] == 401
        _, headers, _ = server.http(f"GET /?token={server.token}")
        assert "; secure" in headers["set-cookie"].lower() and "httponly" in headers["set-cookie"].lower(), headers
        cookie = server.log_in()
        assert b"Gait lab" in server.http("GET /", headers=[f"Cookie: {cookie}"])[2]
        assert not server.handshake(cookie, origin="http://" + server.host), "a page that came unencrypted may open the WebSocket"
        s = web.Socket(server, cookie)
        assert s.next()[0] == "hello" and s.until("status")
        s.s.close()
        with socket.create_connection(("127.0.0.1", server.port), 30) as clear:
            clear.sendall(f"GET /?token={server.token} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
            try:
                said = clear.recv(4096)
            except ConnectionResetError:
                said = b""
        assert b"303" not in said and b"ookie" not in said, said
        try:
            ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", server.port), 30), server_hostname="127.0.0.1")
            raise AssertionError("somebody who does not know the certificate trusts it")
        except ssl.SSLCertVerificationError:
            pass


FLOOD = {"walker": "seed=1,rows=1000,cols=200,pitch=2,rate=10,mass=70", "free_run": True}  # large pictures, a fifth of a second apart
STALLED = 60


def run_of(reader, wanted, most):
    """Frames without a hole between two of them, as many as wanted in a row; a machine that does nothing for a fifth of a second begins it anew."""
    row, holes, last = 0, 0, None
    for _ in range(most):
        frame = reader.until("frame")[1]["frame"]
        row = row + 1 if last is not None and frame == last + 2 else 0
        holes += last is not None and frame != last + 2
        last = frame
        if row == wanted:
            break
    return row, holes, last


def stalled():
    """Browsers that read nothing, for a minute in the full tier: the one beside them gets every frame, gaitweb grows by nothing, and they go on with what is new."""
    wanted = 270 if os.environ.get("GAIT_TIER") == "full" else 25
    with lab.Lab(source=FLOOD) as gaitd, web.Web(gaitd.run_folder) as server:
        cookie = server.log_in()
        reader, asleep = web.Socket(server, cookie), [web.Socket(server, cookie, small=True) for _ in range(STALLED)]
        for s in (reader, *asleep):
            s.send('{"watch":"mat-1"}')
        run_of(reader, 10, 200)  # by now the kernel takes no more for those that sleep
        began, before = reader.until("frame")[1]["frame"], web.rss_MB(server.process.pid)
        row, holes, last = run_of(reader, wanted, 10 * wanted)
        grown = web.rss_MB(server.process.pid) - before
        assert row == wanted, f"beside {STALLED} that read nothing the frames had {holes} holes"
        assert grown < 3 or web.sanitized(), f"{STALLED} browsers that read nothing cost {grown:.1f} MB"
        one, got = asleep[0], 0
        try:
            while (kept := one.until("frame")[1]["frame"]) < last:
                got += kept > began  # what lay in the kernel's buffers by then costs no more
        except EOFError:
            assert wanted > 200, "it was hung up"  # after a minute without an answer to a ping
        assert got < (last - began) / 4, f"{got} frames were kept for a browser that read none"
    return row, holes, grown, got


def start_up():
    """Mistakes at the start are one line and a status."""
    for options, words, wanted in ((["--listen", "nowhere"], "--listen nowhere", 2), (["--listen", "0.0.0.0:0"], "--cert", 2), (["--cert", "x"], "belong together", 2),
                                   (["--cert", "/nowhere.pem", "--key", "/x"], "/nowhere.pem: No such file", 1), (["--page", "/nowhere"], "--page", 1)):
        done = subprocess.run([lab.program("gaitweb"), "--listen", "127.0.0.1:0", *options], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == wanted and words in done.stderr, (options, done)


def main():
    lab.program("gaitweb")
    start_up()
    with lab.Lab(source=WALKER) as gaitd:
        with web.Web(gaitd.run_folder) as server:
            looks_only(server, who_is_let_in(server))
            taken = subprocess.run([lab.program("gaitweb"), "--listen", server.host], capture_output=True, text=True, timeout=30, check=False)
            assert taken.returncode == 1 and "taken by another program" in taken.stderr, taken
        with web.Web(gaitd.run_folder, "--operate") as server:
            feet, frames = operates(gaitd, server)
            watcher = web.Socket(server, server.log_in())
            assert watcher.until("link")[1]["there"] is True
            gaitd.stop()
            gone = watcher.until("link", lambda m: not m["there"])[1]
            assert "no daemon" in gone["text"], gone
            assert watcher.until("link")[1] == gone, "browsers cannot tell a gaitweb without a daemon from a network that is gone"
            gaitd.start()
            assert watcher.until("link", lambda m: m["there"])
            watcher.until("snapshot")
        gaitd.gait("session", "close")
        reviews(gaitd, recorded(gaitd))
        encrypted(gaitd)
    row, holes, grown, kept = stalled()
    print(f"{feet} footfalls and {frames} frames through the WebSocket as in the stream; beside {STALLED} browsers that read nothing {row} frames in a row without a hole "
          f"({holes} before), gaitweb grew by {grown:.2f} MB, one that woke up found {kept} old frames")


if __name__ == "__main__":
    sys.exit(main())

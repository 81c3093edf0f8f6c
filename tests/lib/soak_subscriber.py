#!/usr/bin/python3
"""A subscriber in a process of its own that knows docs/STREAM.md only. At SIGTERM it prints what came and what did not, as one line of JSON.

    soak_subscriber.py ENDPOINT reads     takes everything at once
    soak_subscriber.py ENDPOINT slow      takes fifty messages a second at most
"""
import json
import os
import signal
import sys
import time

import zmq

TOPICS = {"reads": ("frame/", "live/", "footfall/", "trial/", "event/"), "slow": ("frame/",)}
SLOW_S = 0.02


class Told:
    """What is missing, by what the messages themselves say; `unexplained` is what they do not."""

    def __init__(self):
        self.counts = dict.fromkeys(("messages", "frames", "lost", "skipped", "gap_device", "gap_ring", "restarts", "unexplained"), 0)
        self.last = {}

    def take(self, topic, header):
        before = self.last.get(topic)
        self.last[topic] = header
        self.counts["messages"] += 1
        self.counts["frames"] += topic.startswith("frame/")
        if not before:
            return
        if before["instance"] != header["instance"]:
            self.counts["restarts"] += 1
            return
        holes = header["seq"] - before["seq"] - 1
        self.counts["lost"] += holes
        self.counts["unexplained"] += holes < 0
        if topic.startswith("frame/"):
            self.frame(before, header, holes)

    def frame(self, before, header, holes):
        """The mat's own counter against what the header says is missing; a message that never came may have told of more."""
        for name in ("skipped", "gap_device", "gap_ring"):
            self.counts[name] += header[name]
        passed = header["mat_seq"] - before["mat_seq"] - 1
        explained = header["skipped"] + header["gap_device"] + header["gap_ring"] + holes
        unseen = header["frame"] - before["frame"] - 1
        right = unseen == header["skipped"] and passed == explained if holes == 0 else unseen >= holes and passed >= explained
        if not right:
            self.counts["unexplained"] += 1
            print("unexplained:", before, header, file=sys.stderr)


def main():
    endpoint, how = sys.argv[1:]
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    socket = zmq.Context().socket(zmq.SUB)
    socket.rcvhwm = 10 if how == "slow" else 0
    socket.linger = 0
    for topic in TOPICS[how]:
        socket.subscribe(topic.encode())
    socket.connect(endpoint)
    told = Told()
    parent = os.getppid()
    while going and os.getppid() == parent:
        if not socket.poll(200):
            continue
        topic, text, _ = socket.recv_multipart()
        told.take(topic.decode(), json.loads(text))
        if told.counts["messages"] == 1:
            print("reading", flush=True)
        if how == "slow":
            time.sleep(SLOW_S)
    print(json.dumps(told.counts), flush=True)


main()

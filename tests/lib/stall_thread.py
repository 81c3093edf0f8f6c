#!/usr/bin/python3
"""stall_thread.py TID: holds one thread of another process still (ptrace), until this program ends. Root."""
import ctypes
import os
import sys

SEIZE, INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def waits(tid):
    """It sleeps in a poll: one that is held in the middle of malloc() would hold everybody who frees."""
    with open(f"/proc/{tid}/wchan", encoding="ascii") as file:
        return "poll" in file.read()


while not waits(int(sys.argv[1])):
    pass
for request in (SEIZE, INTERRUPT):
    if libc.ptrace(request, int(sys.argv[1]), None, None) != 0:
        sys.exit(f"ptrace: errno {ctypes.get_errno()}")
print("held", flush=True)
WALL = 0x40000000
try:
    while True:
        os.waitpid(-1, WALL)  # one that dies is not gone before its tracer has looked
except ChildProcessError:
    pass

"""What a power cut could have left of a folder, from what was done to its files (tests/lib/trace_files.c).

The strictest file system that POSIX allows: a 4 KiB page that no returned sync covers is there as it was after any of its writes, or not at all, whatever
became of other pages; a file's length likewise; a name in a folder whose fsync did not return is there or is not, each for itself. A sync that failed may
have thrown away what it was to write.
"""
import os
import struct

PAGE = 4096
CREATE, WRITE, SIZE, ROOM, SYNC_BEGIN, SYNC_END, SYNC_FAILED, RENAME, LINK, UNLINK, MKDIR, RMDIR = range(1, 13)
HEAD = struct.Struct("<IIIIQQ")


def events(log):
    """(kind, inode, at, path, path, data) in the order of the log."""
    with open(log, "rb") as file:
        data = file.read()
    at, out = 0, []
    while at < len(data):
        kind, n_a, n_b, n, inode, where = HEAD.unpack_from(data, at)
        at += HEAD.size
        a, b = data[at:at + n_a].decode(), data[at + n_a:at + n_a + n_b].decode()
        at += n_a + n_b
        out.append((kind, inode, where, a, b, data[at:at + n]))
        at += n
    return out


class Content:
    """Bytes, and a length beyond them: room that was taken ahead is 64 MiB of zeros."""

    def __init__(self, like=None):
        self.data, self.length = (bytearray(like.data), like.length) if like else (bytearray(), 0)

    def apply(self, at, data):
        if data is None:
            del self.data[at:]
            self.length = at
            return
        self.data.extend(bytes(max(0, at - len(self.data))))
        self.data[at:at + len(data)] = data
        self.length = max(self.length, at + len(data))

    def write(self, path):
        with open(path, "wb") as out:
            out.write(self.data[:self.length])
            out.truncate(self.length)


class File:
    def __init__(self, path=""):
        self.path = path  # that it was made under
        self.safe = Content()  # as the last sync left it
        self.pending = []  # (offset, data), or (length, None) where only the length was said
        self.done = 0  # operations before pending[0]
        self.appended = self.covered = 0  # bytes written so far from the start; of them covered by a returned sync
        self.begun = {}  # thread: operations and bytes when its sync began

    def add(self, at, data):
        self.pending.append((at, data))
        if data is not None:
            self.appended = max(self.appended, at + len(data))
        else:  # what is cut off is not promised any more
            self.appended = min(self.appended, at)
            self.covered = min(self.covered, at)

    def begin(self, thread):
        self.begun[thread] = (self.done + len(self.pending), self.appended)

    def end(self, thread):
        upto, appended = self.begun.pop(thread)
        for at, data in self.pending[:max(0, upto - self.done)]:
            self.safe.apply(at, data)
        del self.pending[:max(0, upto - self.done)]
        self.done = max(self.done, upto)
        self.covered = max(self.covered, appended)

    def fail(self, thread, rng):
        """Some pages reached the disk, the others never will; lengths are kept."""
        upto, _ = self.begun.pop(thread)
        n = max(0, upto - self.done)
        kept = [(at, None) for at, data in self.pending[:n] if data is None]
        kept += [piece for at, data in self.pending[:n] if data is not None for piece in pieces(at, data) if rng.random() < 0.5]
        self.pending[:n] = kept
        self.done = upto - len(kept)

    def after_cut(self, rng, kept):
        """kept: how likely a page is written."""
        content, lengths, pages = Content(self.safe), [self.safe.length], {}
        for at, data in self.pending:
            length = lengths[-1] if data is not None else at
            if data is not None:
                length = max(length, at + len(data))
                for piece in pieces(at, data):
                    pages.setdefault(piece[0] // PAGE, []).append(piece)
            lengths.append(length)
        for writes in pages.values():
            if rng.random() < kept:
                for at, data in writes[:rng.randint(1, len(writes))]:
                    content.apply(at, data)
        content.length = rng.choice((lengths[-1], rng.choice(lengths)))
        return content


def pieces(at, data):
    while data:
        n = PAGE - at % PAGE
        yield at, data[:n]
        at, data = at + n, data[n:]


class Folder:
    def __init__(self):
        self.safe, self.pending, self.done, self.begun = {}, [], 0, {}

    def add(self, *operation):
        self.pending.append(operation)

    def begin(self, thread):
        self.begun[thread] = self.done + len(self.pending)

    def end(self, thread):
        upto = self.begun.pop(thread)
        for operation in self.pending[:max(0, upto - self.done)]:
            change(self.safe, operation)
        del self.pending[:max(0, upto - self.done)]
        self.done = max(self.done, upto)

    def fail(self, thread, _rng):
        self.begun.pop(thread)

    def now(self):
        names = dict(self.safe)
        for operation in self.pending:
            change(names, operation)
        return names

    def after_cut(self, rng, kept):
        names = dict(self.safe)
        for operation in self.pending:
            if rng.random() < kept:
                change(names, operation)
        return names


def change(names, operation):
    kind, name, node = operation[:3]
    if kind == UNLINK:
        names.pop(name, None)
    else:
        names[name] = node
    if kind == RENAME:
        names.pop(operation[3], None)


class World:
    """Plays events; cut() builds a folder of what is left."""

    def __init__(self, root, inode, rng):
        self.root, self.rng = root, rng
        self.top = Folder()
        self.node = {inode: self.top}
        self.files = []

    def folder(self, path):
        """The folder that a path lies in, and its name there."""
        parts = os.path.relpath(path, self.root).split(os.sep)
        at = self.top
        for part in parts[:-1]:
            at = at.now()[part]
        return at, parts[-1]

    def play(self, event):
        kind, inode, at, a, b, data = event
        if kind in (CREATE, MKDIR):
            node = self.node[inode] = Folder() if kind == MKDIR else File(a)
            if kind == CREATE:
                self.files.append(node)
            where, name = self.folder(a)
            where.add(kind, name, node)
        elif kind in (UNLINK, RMDIR):
            where, name = self.folder(a)
            where.add(UNLINK, name, None)
        elif kind in (RENAME, LINK):
            where, name = self.folder(a)
            to, new = self.folder(b)
            assert to is where, "no name goes from one folder into another here"
            where.add(kind, new, where.now()[name], name)
        elif inode in self.node:
            node = self.node[inode]
            if kind == WRITE:
                node.add(at, data)
            elif kind == SIZE:
                node.add(at, None)
            elif kind == ROOM:
                node.add(max(at, node.appended), None)
            elif kind == SYNC_BEGIN:
                node.begin(at)
            elif kind == SYNC_END:
                node.end(at)
            elif kind == SYNC_FAILED:
                node.fail(at, self.rng)

    def cut(self, rng, path):
        """Some cuts lose everything that may be lost, some nothing, most something."""
        kept = rng.choice((0, 1, rng.random(), rng.random(), rng.random()))
        self.put(self.top, rng, kept, path)

    def put(self, node, rng, kept, path):
        if isinstance(node, Folder):
            os.makedirs(path, exist_ok=True)
            for name, child in node.after_cut(rng, kept).items():
                self.put(child, rng, kept, os.path.join(path, name))
            return
        node.after_cut(rng, kept).write(path)

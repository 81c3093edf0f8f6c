#!/usr/bin/python3
"""Files, folders and scripts that README, CHANGELOG and docs/ name exist; HACKING has a paragraph for every folder.

A path is what stands in `code` or a relative link and begins with a folder of the tree. Placeholders (<family>, NAME, DATE, *, {a,b})
are no paths.
"""
import os
import re

import tree

TOP = ("libgait/", "drivers/", "daemon/", "clients/", "config/", "systemd/", "tests/", "docs/", "scripts/", "cmake/", ".ci/")
FOLDERS = ["libgait/core", "libgait/metrics", "libgait/pipeline", "libgait/compare", "libgait/journal", "libgait/session",
           "libgait/stream", "libgait/formats/in", "libgait/formats/out", "libgait/include/gait", "drivers", "drivers/mats",
           "drivers/transport", "drivers/bridge", "drivers/virtual", "daemon", "clients/gait", "clients/web", "clients/sinks",
           "config", "systemd", "tests", "docs", "scripts"]
PLACEHOLDER = re.compile(r"[<>*{}$|]|\.\.\.|[A-Z]{4,}|NAME|NNN|YYYY")
NAMED_IN_CAPITALS = re.compile(r"(docs/[A-Z-]+\.md|.*/(README(\.md)?|CMakeLists\.txt))$")


def named_paths(text):
    for match in re.finditer(r"`([^`\n]+)`|\]\(([^)\s]+)\)|^\s*(?:\$ )?((?:scripts|\.ci)/\S+)", text, re.M):
        line = text.count("\n", 0, match.start()) + 1
        if match.group(2):
            yield line, match.group(2).split("#")[0], True
            continue
        for word in (match.group(1) or match.group(3)).split():
            word = re.sub(r":\d+$", "", word.strip(",.;:()'\"")).removeprefix("./")
            if word.startswith(TOP):
                yield line, word, False


def check_paths(path, problems):
    for line, name, link in named_paths(tree.read(path)):
        if not name or re.match(r"[a-z]+:", name) or (PLACEHOLDER.search(name) and not NAMED_IN_CAPITALS.match(name)):
            continue
        base = os.path.dirname(path) if link else ""
        if not os.path.exists(os.path.join(tree.ROOT, base, name)):
            problems.append(f"{path}:{line}: {name} does not exist")


def check_folders(problems):
    if not os.path.exists(os.path.join(tree.ROOT, "docs/HACKING.md")):
        return
    hacking = tree.read("docs/HACKING.md")
    for folder in FOLDERS:
        if f"**{folder}/**" not in hacking:
            problems.append(f"docs/HACKING.md: no paragraph begins with **{folder}/**")


def main():
    problems = []
    pages = [f for f in tree.files(".md") if f in ("README.md", "CHANGELOG.md") or re.match(r"docs/[^/]+\.md$", f)]
    for page in pages:
        check_paths(page, problems)
    check_folders(problems)
    tree.finish(problems, f"{len(pages)} pages")


main()

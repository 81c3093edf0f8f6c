#!/usr/bin/python3
"""Every key of gaitd.yaml stands in docs/CONFIG.md and in the table of daemon/reload.c, and what changes at once there is what the page says changes at once."""
import re

import tree

WHOLE = {"mats", "source", "pipeline"}  # one row for all of it: sources are part of the mats
NO_SETTING = {"version"}


def keys():
    """section.name of every key that daemon/config.c reads, those of WHOLE as one."""
    tables = {name: re.findall(r'\b(?:TEXT|REAL|COUNT|BOOL|WORD|MAP)\("(\w+)"|\.name = "(\w+)"', text)
              for name, text in re.findall(r"static const struct key (\w+)_keys\[\] = \{(.*?)\{0\},?\s*\};", tree.read("daemon/config.c"), re.S)}
    tables = {name: [a or b for a, b in found] for name, found in tables.items()}
    top = next(found for found in tables.values() if "version" in found)
    for name in top:
        if name in tables and name not in WHOLE:
            yield from (f"{name}.{below}" for below in tables[name])
        elif name not in NO_SETTING:
            yield name


def rows():
    """What daemon/reload.c says of each: name to whether it changes at once."""
    return {name: why.strip() == "NULL" for name, why in re.findall(r'ROW\("([\w.]+)", \w+, (.*?)\),\n', tree.read("daemon/reload.c"))}


def hot_in_the_page(page):
    section = re.search(r"^## Reload\n(.*?)(?=^## |\Z)", page, re.M | re.S).group(1)
    before, prefix = section.split("change at once")[0], ""
    for name in re.findall(r"`([\w.]+)`", before):
        if name in ("reload",):
            continue
        prefix = name.rsplit(".", 1)[0] if not name.startswith(".") else prefix
        yield prefix + name if name.startswith(".") else name


def main():
    problems, page, table, known = [], tree.read("docs/CONFIG.md"), rows(), list(keys())
    assert len(known) > 15 and len(table) > 15, "the tables are not read: this check checks nothing"
    for name in known:
        row = "mats" if name == "source" else name
        if row not in table:
            problems.append(f"daemon/reload.c: no row for {name}")
        if not re.search(rf"`{re.escape(name)}(\.\*)?`", page):
            problems.append(f"docs/CONFIG.md: nothing about {name}")
    problems += [f"daemon/reload.c: {name} is no key" for name in table if name not in known]
    hot, told = {name for name in table if table[name]}, set(hot_in_the_page(page))
    problems += [f"docs/CONFIG.md, Reload: {name} changes at once and is not named" for name in sorted(hot - told)]
    problems += [f"docs/CONFIG.md, Reload: {name} does not change at once" for name in sorted(told - hot)]
    tree.finish(problems, f"{len(known)} keys, {len(hot)} of them change at once")


main()

#!/usr/bin/python3
"""What warns in the programs stands in docs/USER.md: every flag of a footfall with the page's word and whether it counts, every sentence of the banner."""
import re

import tree

GUIDE = "docs/USER.md"


def flags():
    """Names in the order of their bits, and those that take a footfall out."""
    names = re.search(r"gait_footfall_flag_name\(.*?\{.*?\{(.*?)\};", tree.read("libgait/core/footfall.c"), re.S)
    mask = re.search(r"r->valid = !\(r->flags &(.*?)\)\) &&", tree.read("libgait/pipeline/close.c"), re.S)[1]
    whole_trial = re.findall(r"flags \|= GAIT_FOOTFALL_(\w+);\s+\S+->valid = 0;", tree.read("libgait/metrics/session_tier.c"))
    return re.findall(r'"(\w+)"', names[1]), {name.lower() for name in re.findall(r"GAIT_FOOTFALL_(\w+)", mask) + whole_trial}


def page_words():
    """What the page says for each flag, and which it gives as the reason that a footfall does not count."""
    text = tree.read("clients/web/page/words.js")
    words = re.search(r"const flags = \{(.*?)\};", text, re.S)[1]
    excluding = re.search(r"const excluding = \[(.*?)\]", text, re.S)[1]
    return dict(re.findall(r"(\w+): '([^']+)'", words)), set(re.findall(r"'(\w+)'", excluding))


def check_flags(problems):
    names, out = flags()
    words, excluding = page_words()
    rows = {flag: (word, counts) for word, flag, counts in re.findall(r"^\| ([^|]+) \| (\w+) \| (yes|no) \|", tree.read(GUIDE), re.M)}
    for name in names:
        if name not in words:
            problems.append(f"clients/web/page/words.js: no word for {name}")
        elif rows.get(name) != (words[name], "no" if name in out else "yes"):
            problems.append(f"{GUIDE}: {name} should stand as '{words[name]}', counts {'no' if name in out else 'yes'}; it stands as {rows.get(name)}")
    for name in sorted((set(words) | set(rows)) - set(names)):
        problems.append(f"{name} is no flag of a footfall")
    for name in sorted(excluding ^ out):
        problems.append(f"clients/web/page/words.js: {name} is {'not ' if name not in out else ''}what takes a footfall out")
    return len(names)


def sentences():
    """What the banners say, in the page and in the terminal: the part that names no mat and gives no reason."""
    page = re.search(r"function trouble\(\) \{(.*?)\n\}", tree.read("clients/web/page/app.js"), re.S)[1]
    terminal = tree.read("clients/gait/view/words.c").split("const char *words_side")[0]
    for text in re.findall(r"return ['`]([^'`]{5,})", page) + re.findall(r'WORDS_MAX,\s+"([^"]{5,})"', terminal):
        yield max(re.split(r"\$\{[^}]*\}|%s|%\.0f", re.split(r"[:.] |\.$", text)[0]), key=len).strip()


def main():
    problems, guide = [], tree.read(GUIDE)
    checked = check_flags(problems)
    said = sorted(set(sentences()))
    for sentence in said:
        if sentence not in guide:
            problems.append(f"{GUIDE}: nothing says what to do when a banner says '{sentence}'")
    if checked < 20 or len(said) < 10:
        problems.append(f"only {checked} flags and {len(said)} sentences were found: this test reads the sources wrongly")
    tree.finish(problems, f"{checked} flags, {len(said)} sentences")


main()

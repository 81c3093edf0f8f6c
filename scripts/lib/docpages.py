#!/usr/bin/python3
"""Makes the pages of docs/ that packages install, so that no link in them leads nowhere.

    docpages.py DOCS OUT PACKAGE:PAGE,PAGE,... [PACKAGE:...]        writes OUT/PACKAGE/PAGE

A link to a page of the same package stays. One to a page of another package becomes the place where that lies; of a picture, and of what no package holds, its
text remains.
"""
import os
import re
import sys

PLACE = "/usr/share/doc/"
LINK = re.compile(r"(!?)\[([^\]\n]*)\]\(([^)\s]+)\)")
NAMED = re.compile(r"(?<![\w/])docs/([A-Za-z-]+\.md)")


def place_of(page, package, packages):
    """Where a page lies once it is installed, of several places the own one; None: nowhere."""
    for holder in (package, *sorted(packages)):
        if page in packages[holder]:
            return f"{PLACE}{holder}/{page}"
    return None


def rewrite(text, package, packages):
    def link(match):
        picture, words, target = match.groups()
        page = target.split("#")[0]
        if re.match(r"[a-z]+:", target) or not page or page in packages[package]:
            return match.group(0)
        if picture:
            return f"(picture: {words})"
        place = place_of(page, package, packages)
        return words if not place else place if words in (page, page.removesuffix(".md")) else f"{words} ({place})"

    def named(match):
        return place_of(match.group(1), package, packages) or match.group(0)
    return NAMED.sub(named, LINK.sub(link, text))


def main():
    docs, out = sys.argv[1:3]
    packages = {package: pages.split(",") for package, pages in (word.split(":") for word in sys.argv[3:])}
    for package, pages in packages.items():
        for page in pages:
            with open(os.path.join(docs, page), encoding="utf-8") as f:
                text = f.read()
            made = os.path.join(out, package, page)
            os.makedirs(os.path.dirname(made), exist_ok=True)
            with open(made, "w", encoding="utf-8") as f:
                f.write(rewrite(text, package, packages) if page.endswith(".md") else text)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()

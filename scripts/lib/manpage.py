#!/usr/bin/python3
"""Makes a man page, or a bash completion, of a program from what it says of itself (--help).

    manpage.py man SECTION PROGRAM > page       gait also: each verb gets a section of its own
    manpage.py completion PROGRAM > file

The date is $SOURCE_DATE_EPOCH's, or none: the same program gives the same page.
"""
import os
import re
import subprocess
import sys
import time

SEE_ALSO = {"gait": "gaitd(8), matsim(1)", "gaitd": "gait(1), /usr/share/doc/gaitd", "matsim": "gait(1), gaitd(8), usbip(8)", "gaitweb": "gait(1), gaitd(8)",
            "gait-lsl": "gait(1), gaitd(8)"}
# What --help does not say: sections of a page, each of terms and what they mean.
MORE = {"gaitd": (
    ("EXIT STATUS", (
        ("0", "ended by a signal, or --check found nothing wrong"),
        ("1", "it could not start or go on: another gaitd runs there, sockets, keys or the audit log cannot be opened"),
        ("2", "wrong arguments"),
        ("3", "the configuration, or a recording, walker, profile, calibration or (with --check) key that it names, is wrong; each mistake has a line"))),
    ("SIGNALS", (
        ("SIGTERM, SIGINT", "trials are stopped, synced and closed, what is being sealed may end, then gaitd ends; what is left is done at its next start"),
        ("SIGHUP", "the configuration and the keys are read again without touching a trial; what cannot change while it runs is told in the log"))),
    ("FILES", (
        ("/etc/gaitd/gaitd.yaml", "configuration; with --user $XDG_CONFIG_HOME/gaitd/gaitd.yaml"),
        ("/etc/gaitd/mats, /etc/gaitd/protocols", "profiles and protocols of one's own"),
        ("/etc/gaitd/keys", "the usual folder of keys for TCP (access.keys)"),
        ("/run/gaitd/view, /run/gaitd/control", "sockets to look at and to command; with --user below $XDG_RUNTIME_DIR/gaitd"),
        ("/var/lib/gaitd/sessions", "recordings, one folder a session; with --user $XDG_STATE_HOME/gaitd/sessions"),
        ("/var/lib/gaitd/calibration", "what tare and calibrate found"),
        ("/var/lib/gaitd/audit.log", "who did what"))))}
OPTION = re.compile(r"^ {2,6}(-., --[^ ]+|-.[^ ,]*|--[^ ]+)(?: +(.*))?$")
USUAL = ("--help", "--usage", "--version")
MANDATORY = "Mandatory or optional arguments to long options"


def says(program, *words):
    env = dict(os.environ, ARGP_HELP_FMT="rmargin=250", LC_ALL="C.UTF-8", COLUMNS="250")
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, env=env, timeout=60, check=False)
    if done.returncode or not done.stdout.startswith("Usage:"):
        sys.exit(f"manpage.py: {program} {' '.join(words)} --help ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


class Help:
    """usage: its arguments; about: the line below it; options: [(left, right)]; after: the lines behind the options."""

    def __init__(self, lines):
        self.usage = [re.sub(r"^(Usage:|  or: ) ", "", line) for line in lines if line.startswith(("Usage:", "  or: "))]
        rest = lines[len(self.usage):]
        self.about, self.options, self.after = "", [], []
        for line in rest:
            found = OPTION.match(line)
            if found and not self.after:
                self.options.append([found.group(1), found.group(2) or ""])
            elif line.startswith(MANDATORY) or re.match(r"^ Everywhere:$", line):
                continue
            elif not self.options and line.strip():
                self.about += (" " if self.about else "") + line.strip()
            elif self.options and not self.after and line.startswith(" " * 20):
                self.options[-1][1] += " " + line.strip()
            elif self.options and (line.strip() or self.after):
                self.after.append(line)

    def own(self):
        return [o for o in self.options if not any(u in o[0] for u in USUAL)]


def put_options(out, options):
    for left, right in options:
        out.append(".TP")
        out.append("\\fB" + re.sub(r"=(\S+)", r"\\fR=\\fI\1\\fB", escape(left)) + "\\fR")
        out.append(escape(right))


def put_text(out, lines):
    """Paragraphs; indented lines stay as they are."""
    literal = False
    for line in lines:
        indented = line.startswith("  ")
        if indented != literal:
            out.append(".RS 4\n.nf" if indented else ".fi\n.RE")
            literal = indented
        out.append(escape(line.strip() if not indented else line[2:]) if line.strip() else (".PP" if not literal else ""))
    if literal:
        out.append(".fi\n.RE")


def verbs(help_of_gait):
    """Names of the verbs, from the list that gait --help ends with."""
    found, on = [], False
    for line in help_of_gait.after:
        on = on or line.startswith("Verbs")
        match = re.match(r"^  ([a-z-]+(?: [a-z-]+)?) +[A-Z]", line) if on else None
        if match:
            found.append(match.group(1))
    return found


def man(section, program):
    name = os.path.basename(program)
    page, epoch = Help(says(program)), os.environ.get("SOURCE_DATE_EPOCH")
    date = time.strftime("%Y-%m-%d", time.gmtime(int(epoch))) if epoch else ""
    out = [f'.\\" Made from {name} --help; not to be edited.', f'.TH {name.upper()} {section} "{date}" "gaitd" "gait lab pressure mats"',
           ".SH NAME", f"{name} \\- {escape(page.about.rstrip('.').split('. ')[0][:1].lower() + page.about.rstrip('.').split('. ')[0][1:])}", ".SH SYNOPSIS"]
    for usage in page.usage:
        out += [f".B {name}", escape(usage[len(name):].strip()), ".br"]
    out += [".SH DESCRIPTION", escape(page.about), ".SH OPTIONS"]
    put_options(out, page.own())
    after = page.after
    if name == "gait":
        after = [line for line in after if re.match(r"^(Exit status|6 done)", line)]
        out.append(".SH VERBS")
        for verb in verbs(page):
            own = Help(says(program, *verb.split()))
            out += [f".SS {escape(own.usage[0])}", escape(own.about)]
            put_options(out, [o for o in own.own() if "--json" not in o[0] and "--socket" not in o[0]])
            if own.after:
                out.append(".PP")
                put_text(out, own.after)
        out += [".SH EXIT STATUS", escape(" ".join(after).replace("Exit status: ", ""))]
    elif after:
        out.append(".SH NOTES")
        put_text(out, after)
    for title, terms in MORE.get(name, ()):
        out.append(f".SH {title}")
        for term, meaning in terms:
            out += [".TP", "\\fB" + escape(term) + "\\fR", escape(meaning)]
    out += [".SH SEE ALSO", escape(SEE_ALSO.get(name, "gait(1)"))]
    print("\n".join(out))


def completion(program):
    name = os.path.basename(program)
    words = sorted({w for left, _ in Help(says(program)).options for w in re.findall(r"--[a-z-]+", left)})
    function = "_" + name.replace("-", "_")
    print(f"# bash completion for {name}; made from its --help\n{function}()\n{{\n    local current=${{COMP_WORDS[COMP_CWORD]}}\n"
          f"    if [[ $current == -* ]]; then\n        COMPREPLY=($(compgen -W '{' '.join(words)}' -- \"$current\"))\n"
          f"    else\n        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n}}\ncomplete -o filenames -F {function} {name}")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "man":
        man(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 3 and sys.argv[1] == "completion":
        completion(sys.argv[2])
    else:
        sys.exit(__doc__)

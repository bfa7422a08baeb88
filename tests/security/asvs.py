#!/usr/bin/env python3
"""The table of OWASP ASVS 5.0 in SECURITY.md: made of asvs.txt, and held against the tree.

asvs.py --write  writes the table; asvs.py --check fails where it is stale, where a requirement of level 1
or 2 is in no row, and where a test, a field of the configuration or a file that a row names is not there.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "security"
BEGIN, END = "<!-- asvs: begin, written by tests/security/asvs.py -->", "<!-- asvs: end -->"
STATES = ("met", "partly", "open", "n/a")
ROOM = re.compile(r"V\d+(\.\d+){0,2}$")


class Row:
    def __init__(self, line):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 4:
            raise ValueError(f"not requirement | wording | state | why: {line}")
        self.id, self.wording, self.state, why = parts
        # What meets it comes first, up to a word that is no reference.
        self.references, words = [], why.split()
        while words and is_reference(words[0].rstrip(":;")):
            word = words.pop(0)
            self.references.append(word.rstrip(":;"))
            if word[-1] in ":;":
                break
        self.note = " ".join(words)


def is_reference(word):
    return bool(re.fullmatch(r"(config|file):\S+|[A-Z]\w*\.[A-Z]\w+", word))


def rows():
    lines = (HERE / "asvs.txt").read_text().splitlines()
    return [Row(line) for line in lines if line and not line.startswith("#")]


def requirements():
    """The ids of levels 1 and 2."""
    ids = []
    for line in (HERE / "asvs_levels.txt").read_text().splitlines():
        if line.startswith("V"):
            section, levels = line.split()
            ids += [f"{section}.{i}" for i, level in enumerate(levels, 1) if level in "12"]
    return ids


def covers(room, requirement):
    return requirement == room or requirement.startswith(room + ".")


def tests():
    found = set()
    pattern = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
    for path in (ROOT / "tests").rglob("*.cc"):
        found.update(f"{suite}.{name}" for suite, name in pattern.findall(path.read_text()))
    return found


def messages():
    """Of each message its fields, with their types; a message by its last name."""
    found = {}
    for path in (ROOT / "protos" / "veille").rglob("*.proto"):
        names, text = [], re.sub(r"//[^\n]*", "", path.read_text())
        for line in re.split(r"[\n;]", text):
            opened = re.match(r"\s*(message|enum|oneof|service)\s+(\w+)\s*{", line)
            field = re.match(r"\s*(?:repeated\s+|optional\s+)?([\w.]+)\s+(\w+)\s*=\s*\d+", line)
            if opened:
                names.append(opened.group(2) if opened.group(1) == "message" else None)
                if "}" in line:
                    names.pop()
                elif names[-1]:
                    found.setdefault((path.parts[-3], names[-1]), {})
            elif re.match(r"\s*}", line):
                names = names[:-1]
            elif field and any(names):
                inner = [name for name in names if name][-1]
                found[(path.parts[-3], inner)][field.group(2)] = field.group(1).split(".")[-1]
    return found


def has_field(found, path):
    kind = "Config"
    for name in path.split("."):
        fields = found.get(("config", kind), found.get(("care", kind), {}))
        if name not in fields:
            return False
        kind = fields[name]
    return True


def faults(all_rows):
    known_tests, known_messages = tests(), messages()
    ids = requirements()
    for row in all_rows:
        if row.state not in STATES:
            yield f"{row.id}: {row.state} is none of {', '.join(STATES)}"
        if not ROOM.match(row.id) or not any(covers(row.id, each) for each in ids):
            yield f"{row.id}: no requirement of level 1 or 2"
        if row.id not in ids and row.state in ("met", "partly"):
            yield f"{row.id}: a whole section is not {row.state} by one row"
        if row.state in ("met", "partly") and not row.references:
            yield f"{row.id}: {row.state} by what?"
        if row.state != "met" and not row.note:
            yield f"{row.id}: {row.state}, and why?"
        for reference in row.references:
            kind, _, rest = reference.partition(":")
            there = (has_field(known_messages, rest) if kind == "config" else
                     (ROOT / rest).is_file() if kind == "file" else reference in known_tests)
            if not there:
                yield f"{row.id}: {reference} is not there"
    for each in ids:
        if not any(covers(row.id, each) for row in all_rows):
            yield f"{each}: in no row"
    names = [row.id for row in all_rows]
    for name in sorted(set(name for name in names if names.count(name) > 1)):
        yield f"{name}: in two rows"


def table(all_rows):
    ids = requirements()
    counts = dict.fromkeys(STATES, 0)
    for each in ids:
        # The nearest row counts: a section's, or the requirement's own within it.
        nearest = max((row for row in all_rows if covers(row.id, each)), key=lambda row: len(row.id))
        counts[nearest.state] += 1
    lines = [
        f"Of {len(ids)} requirements of levels 1 and 2: {counts['met']} met, {counts['partly']} partly, "
        f"{counts['open']} open, {counts['n/a']} not applicable.", "",
        "| requirement | in our words | state | met by; or why not |", "|---|---|---|---|"]
    for row in all_rows:
        references = [f"[{name[5:]}]({name[5:]})" if name.startswith("file:") else
                      f"`{name[7:]}`" if name.startswith("config:") else name
                      for name in row.references]
        text = "; ".join(part for part in (", ".join(references), row.note) if part)
        lines.append(f"| {row.id} | {row.wording} | {row.state} | {text} |")
    return "\n".join(lines)


def main():
    all_rows = rows()
    found = list(faults(all_rows))
    path = ROOT / "SECURITY.md"
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        found.append(f"SECURITY.md has no place for the table: {BEGIN} … {END}")
    if found:
        sys.exit("\n".join(found))
    fresh = f"{before}{BEGIN}\n{table(all_rows)}\n{END}{after}"
    if "--write" in sys.argv:
        path.write_text(fresh)
    elif fresh != text:
        sys.exit("the table in SECURITY.md is stale: run tests/security/asvs.py --write")


if __name__ == "__main__":
    main()

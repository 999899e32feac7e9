"""Files of answers and ratings, and a judge that goes by length."""

from __future__ import annotations

import json

UGLY = 'quo"te, line\nbreak <script>alert(1)</script> 🦙 שלום $first ${mark} \\'


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def longer_wins(prompt):
    """Find the longer answer better; of the prompt only what stands between the marks is looked at."""
    mark = prompt.split("lines that read ")[1].split(" stands")[0]
    one, other = (part.split(f"\n{mark}")[0] for part in prompt.split(" answer of assistant ")[1:])
    return f"Length decides.\nVerdict: {'tie' if len(one) == len(other) else 1 if len(one) > len(other) else 2}"

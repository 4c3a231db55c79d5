# SPDX-License-Identifier: BSD-3-Clause
"""Dependencies point downwards: finds each `#include` in src/ that points up.

A README.md states the order of the folders and files beside it, in a table whose first column is "floor": the highest
row first, one or more names in a row. A file may include what is on its own floor under its own name, and what is on
a floor below. A second column "includes" names, instead of all floors below, the only ones that the row may include.
A column "alone includes" names system headers (`<sys/*>`) that no other row may include.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|(<[^>]+>))')
SUFFIXES = {".h", ".hpp", ".cpp", ".c", ".in", ".def"}


@dataclass
class Floor:
    names: list[str]
    below: list[str] | None  # None: everything on a lower floor
    alone: list[str]  # patterns of system headers


def read_floors(readme: Path) -> list[Floor]:
    """The rows of the table whose first column is "floor"; none without such a table."""
    floors: list[Floor] = []
    head: list[str] = []
    for line in readme.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or set(line) <= set("|-: "):
            head = head if cells else []
        elif cells[0] == "floor":
            head = cells
        elif head:
            row = {title: re.findall(r"`([^`]+)`", cell) for title, cell in zip(head, cells, strict=True)}
            floors.append(Floor(row["floor"], row.get("includes"), row.get("alone includes", [])))
    return floors


def name_of(path: str) -> str:
    """The name in the table of a file: its folder's, or its own without the suffix."""
    first, slash, _ = path.partition("/")
    return first + "/" if slash else first.partition(".")[0]


def check_folder(folder: Path, root: Path) -> list[str]:
    """What is wrong below a folder, as "file:line: message"."""
    floors = read_floors(folder / "README.md")
    heights: dict[str, int] = {}
    for height, floor in enumerate(reversed(floors)):
        heights.update((name_of(name), height) for name in floor.names)
    rows = {name_of(name): floor for floor in floors for name in floor.names}
    owners = {pattern: floor for floor in floors for pattern in floor.alone}
    prefix = folder.relative_to(root).as_posix() + "/" if folder != root else ""
    wrong = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        name = name_of(path.relative_to(folder).as_posix())
        if name not in heights:
            wrong.append(f"{path}:1: {folder / 'README.md'} gives {name} no floor")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match is None:
                continue
            quoted, system = match.groups()
            if system:
                for pattern, owner in owners.items():
                    if owner is not rows[name] and fnmatchcase(system, pattern):
                        wrong.append(f"{path}:{number}: {name} includes {system}, which is for {owner.names[0]} alone")
                continue
            places = [path.parent / quoted, root / quoted, root / "engine" / quoted]  # as the compiler looks
            local = next((Path(os.path.normpath(p)) for p in places if p.is_file()), root / quoted)
            target = local.relative_to(root).as_posix() if local.is_relative_to(root) else quoted
            if not target.startswith(prefix) or (other := name_of(target[len(prefix) :])) not in heights:
                continue
            below = rows[name].below
            if other != name and (heights[other] >= heights[name] or (below is not None and other not in below)):
                wrong.append(f"{path}:{number}: {name} includes {quoted}, and {other} is not below it")
    return wrong


def main(source: Path) -> int:
    """Checks every folder below `source` whose README.md has a table of floors."""
    folders = [readme.parent for readme in sorted(source.rglob("README.md")) if read_floors(readme)]
    wrong = [line for folder in folders for line in check_folder(folder, source)]
    for line in wrong:
        print(line)
    print(f"{len(wrong)} includes that point up, in {len(folders)} folders whose README.md states floors")
    return 1 if wrong or not folders else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "src"))

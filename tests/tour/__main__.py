"""`python -m tests.tour --out DIR`: walks through the editor offscreen and writes a picture of each main state.

The demo's material, the faces and the rendered frames are kept in `--work DIR` for the next time, where it is given.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """The walk; exit code 1 where a state could not be reached or a text is cut off and no tooltip has it."""
    parser = argparse.ArgumentParser(prog="python -m tests.tour", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pictures go")
    parser.add_argument("--work", type=Path, metavar="DIR", help="demo and caches of this walk and the next")
    parser.add_argument("--only", metavar="WORD", help="write only pictures whose name has this in it")
    parser.add_argument("--platform", default="offscreen", help="Qt's platform plug-in; default: %(default)s")
    parser.add_argument("--size", type=_size, metavar="WxH", help="of the window, as 1280x720; default: 1600x980")
    parser.add_argument("--text", type=int, default=100, metavar="PERCENT", help="size of text; default: %(default)s")
    parser.add_argument("--theme", default="dark", choices=("dark", "light"), help="default: %(default)s")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="redub-tour-") as temporary:
        prepare(options.work or Path(temporary), Path(temporary), options.platform)
        from tests.tour.guide import SIZE, Manner
        from tests.tour.walk import walk

        return walk(options.out, options.only or "", Manner(options.size or SIZE, options.text, options.theme))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def prepare(work: Path, temporary: Path, platform: str) -> None:
    """Settings start from nothing; what takes long to make may be there. Before anything of Qt is imported."""
    os.environ["QT_QPA_PLATFORM"] = platform
    os.environ["REDUB_CACHE"] = str(work.absolute() / "cache")
    data, demo = temporary / "data" / "redub", work.absolute() / "demo"
    data.mkdir(parents=True)
    demo.mkdir(parents=True, exist_ok=True)
    (data / "demo").symlink_to(demo)
    os.environ["XDG_DATA_HOME"] = str(data.parent)
    os.environ["XDG_CONFIG_HOME"] = str(temporary / "config")


if __name__ == "__main__":
    sys.exit(main())

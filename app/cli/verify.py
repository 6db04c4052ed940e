"""`verify FILE`: what the manifest in a file says of how it was made, and whether the file is still that one."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import Verbs, json_of
from app.engine.provenance.credentials import own_authority
from app.engine.provenance.verify import verify
from app.wiring import signing_folder

DOUBTFUL = 1
"""Exit code for a file with a broken manifest, or with none."""


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `verify` and its options to the command line."""
    parser = verbs.add_parser("verify", help="tell what a file's manifest says", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print all that the file holds as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `verify` with the parsed options; returns 0 for a manifest that holds, else 1."""
    verdict = verify(options.file, own_authority(signing_folder()))
    print(json_of(verdict) if options.json else "\n".join(verdict.sentences))
    return 0 if verdict.state in ("trusted", "valid") else DOUBTFUL

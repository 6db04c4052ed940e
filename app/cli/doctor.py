"""`doctor`: versions, devices, encoders that really encode, weights with their hashes, the cache."""

from __future__ import annotations

import argparse

from app.cli.options import Verbs
from app.engine.files.system_facts import cache_line, encoder_line, versions
from app.engine.media.encoders import available_encoders
from app.wiring import cache_folder, describe_devices, describe_weights


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `doctor` and its options to the command line."""
    parser = verbs.add_parser("doctor", help="show what this machine can do", description=__doc__)
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Runs the verb; exit code 1 where something that every dub needs does not work."""
    encoders = available_encoders()
    weights, weights_good = describe_weights()
    _section("versions", versions())
    _section("devices", describe_devices())
    _section("encoders", [encoder_line(check) for check in encoders])
    _section("weights", weights)
    _section("cache", [cache_line(cache_folder())])
    usable = weights_good and any(check.name == "libx264" and check.works for check in encoders)
    print("Everything a dub needs is here." if usable else "A dub cannot run on this machine: see above.")
    return 0 if usable else 1


def _section(title: str, lines: list[str]) -> None:
    print(title)
    for line in lines:
        print(f"  {line}")

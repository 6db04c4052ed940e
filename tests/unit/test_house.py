"""The house's rules of import: kept by import-linter, proved to bite, and tried at run time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "models")

IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocker:
    BLOCKED = {"PySide6", "shiboken6", "pyqtgraph", "torch", "torchvision", "torchaudio"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.BLOCKED:
            raise ImportError(f"{name} is blocked here")

sys.meta_path.insert(0, Blocker())
import app

def failed(_name):
    raise  # what made it fail

names = [m.name for m in pkgutil.walk_packages(app.__path__, "app.", onerror=failed)
         if not m.name.startswith(("app.ui", "app.workers"))]
for name in names:
    importlib.import_module(name)
print(*names)
"""

LINT_ALL = """
import contextlib, io, json, pathlib, sys
from importlinter.cli import lint_imports

def said():
    with contextlib.redirect_stdout(io.StringIO()) as text:
        code = lint_imports("importlinter.ini", cache_dir=None)
    return f"{text.getvalue()}exit {code}"

found = [said()]
for file, line, _ in json.loads(sys.argv[1]):
    file = pathlib.Path(file)
    before = file.read_text() if file.exists() else None
    file.write_text(line + chr(10))
    found.append(said())
    file.unlink() if before is None else file.write_text(before)
print(json.dumps(found))
"""

Plant = tuple[str, str, str]
"""A file, what it is made to hold, and the contract that this breaks."""

ONLY_FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import Tensor"

PLANTS: list[Plant] = [
    ("app/core/geometry.py", "import app.engine.ports", "app layers point down"),
    ("app/engine/ports.py", "import app.wiring", "app layers point down"),
    ("app/engine/ports.py", "def later():\n    from app import wiring", "app layers point down"),
    ("app/wiring.py", "import app.cli", "app layers point down"),
    ("app/stray.py", "", "app layers point down"),
    ("app/engine/media/reader.py", "import app.engine.faces.mask", "the engine's rooms point down"),
    ("app/engine/dub/dubbing.py", "import app.engine.export.export", "the engine's rooms point down"),
    ("app/engine/preview/proxy.py", "import app.engine.export.export", "the engine's rooms point down"),
    ("app/engine/stray.py", "", "the engine's rooms point down"),
    ("app/workers/render_thread.py", "import app.ui.session", "app layers point down"),
    ("app/cli/dub.py", "def later():\n    import app.ui", "app layers point down"),
    ("app/ui/panels/timeline/__init__.py", "import app.ui.panels.preview", "no panel knows another"),
    ("app/ui/panels/issues.py", "import app.ui.panels.timeline.spans", "no panel knows another"),
    ("app/ui/panels/stray.py", "", "no panel knows another"),
    ("app/ui/kit/theme.py", "import app.ui.panels.history", "the window's rooms point down"),
    ("app/ui/panels/history.py", "import app.ui.window.reports", "the window's rooms point down"),
    ("app/ui/dialogs/error.py", "import app.ui.panels.history", "the window's rooms point down"),
    ("app/ui/stray.py", "", "the window's rooms point down"),
    ("app/ui/session.py", "import models.weights", "only app.wiring opens models"),
    ("models/radio/dubber.py", "import models.radio.losses", "what ships never imports what trains"),
    ("models/radio/spec.py", "import models.radio.training", "what ships never imports what trains"),
    ("models/whisper/hear.py", "import models.data.clips", "what ships never imports what trains"),
    ("models/sync/sync.py", "import models.radio.radio", "the networks' folders stand on what they share"),
    ("models/training/run.py", "import models.radio.config", "the networks' folders stand on what they share"),
    ("models/networks.py", "import models.weights", "the networks' folders stand on what they share"),
    ("models/stray.py", "", "the networks' folders stand on what they share"),
    ("models/weights.py", "import app.core.errors", "models knows nothing of app"),
    ("app/engine/ports.py", "import models.ports", "only app.wiring opens models"),
    ("app/core/geometry.py", "def later():\n    import models.errors", "only app.wiring opens models"),
    ("app/engine/progress.py", "import PySide6.QtCore", "no Qt below the workers"),
    ("models/radio/dubber.py", "from pyqtgraph import mkQApp", "no Qt below the workers"),
    ("app/engine/ports.py", "def later():\n    import torch", "no torch in app"),
    ("app/engine/ports.py", ONLY_FOR_TYPES, "no torch in app"),
    ("app/wiring.py", "import torch", "no torch in app"),
    ("app/core/geometry.py", "import numpy", "core needs the standard library and msgspec only"),
]


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """This Python, in `folder`, finding `app` and `models` there."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def lint(folder: Path, plants: Sequence[Plant] = ()) -> list[str]:
    """What import-linter says of the tree in `folder`: as it is, and with each of `plants` in turn."""
    result = run("-c", LINT_ALL, json.dumps(plants), folder=folder)
    assert result.returncode == 0, result.stderr
    said: list[str] = json.loads(result.stdout)
    return said


def module_of(file: Path) -> str:
    """The dotted name of a file below the root."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What import-linter says of an empty house, and of one with each violation: every file there, nothing in it."""
    skeleton = tmp_path_factory.mktemp("skeleton")
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            copy = skeleton / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    shutil.copy(ROOT / "importlinter.ini", skeleton)
    return lint(skeleton, PLANTS)


def test_everything_below_the_workers_can_do_without_qt_and_torch() -> None:
    result = run("-W", "error", "-c", IMPORT_ALL)
    assert result.returncode == 0, result.stderr
    below = {module_of(file) for room in ("core", "engine", "cli") for file in (ROOT / "app" / room).rglob("*.py")}
    assert below <= set(result.stdout.split())


def test_the_contracts_are_kept() -> None:
    (said,) = lint(ROOT)
    assert said.endswith("exit 0"), said


def test_an_empty_house_keeps_the_contracts(planted: list[str]) -> None:
    assert planted[0].endswith("exit 0"), planted[0]


@pytest.mark.parametrize("number", range(len(PLANTS)), ids=[f"{file}: {line}" for file, line, _ in PLANTS])
def test_a_planted_violation_is_caught(planted: list[str], number: int) -> None:
    said, contract = planted[number + 1], PLANTS[number][2]
    assert said.endswith("exit 1"), said
    assert f"{contract} BROKEN" in said

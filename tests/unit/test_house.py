"""The house's rules of import: kept by import-linter, proved to bite, and tried at run time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """This Python, in `folder`, finding `app` and `models` there."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter by its Python API, on the tree in `folder`."""
    call = "from importlinter.cli import lint_imports as lint; "
    call += "raise SystemExit(lint('importlinter.ini', cache_dir=None, show_timings=False, verbose=False))"
    return run("-c", call, folder=folder)


def module_of(file: Path) -> str:
    """The dotted name of a file below the root."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The tree of `app` and `models` with every file empty, and the contracts beside it."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            copy = tmp_path / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    shutil.copy(ROOT / "importlinter.ini", tmp_path)
    return tmp_path


def test_everything_below_the_workers_can_do_without_qt_and_torch() -> None:
    result = run("-W", "error", "-c", IMPORT_ALL)
    assert result.returncode == 0, result.stderr
    below = {module_of(file) for room in ("core", "engine", "cli") for file in (ROOT / "app" / room).rglob("*.py")}
    assert below <= set(result.stdout.split())


def test_the_contracts_are_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_an_empty_house_keeps_the_contracts(skeleton: Path) -> None:
    result = lint(skeleton)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("app/core/geometry.py", "import app.engine.ports", "app layers point down"),
        ("app/engine/ports.py", "import app.wiring", "app layers point down"),
        ("app/engine/ports.py", "def later():\n    from app import wiring", "app layers point down"),
        ("app/wiring.py", "import app.cli", "app layers point down"),
        ("app/stray.py", "", "app layers point down"),
        ("models/inference.py", "import models.training.config", "what ships never imports what trains"),
        ("models/zoo.py", "import models.inference", "what ships never imports what trains"),
        ("models/radio/radio.py", "import models.losses.pixels", "what ships never imports what trains"),
        ("models/radio/radio.py", "import models.faces.fan", "what ships never imports what trains"),
        ("models/stray.py", "", "what ships never imports what trains"),
        ("models/zoo.py", "import app.core.errors", "models knows nothing of app"),
        ("app/engine/ports.py", "import models.inference", "only app.wiring opens models"),
        ("app/core/geometry.py", "def later():\n    import models.errors", "only app.wiring opens models"),
        ("app/engine/progress.py", "import PySide6.QtCore", "no Qt below the workers"),
        ("models/inference.py", "from pyqtgraph import mkQApp", "no Qt below the workers"),
        ("app/engine/ports.py", "def later():\n    import torch", "no torch in app"),
        (
            "app/engine/ports.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import Tensor",
            "no torch in app",
        ),
        ("app/wiring.py", "import torch", "no torch in app"),
        ("app/core/geometry.py", "import numpy", "core needs the standard library and msgspec only"),
    ],
)
def test_a_planted_violation_is_caught(skeleton: Path, file: str, line: str, contract: str) -> None:
    (skeleton / file).write_text(line + "\n")
    result = lint(skeleton)
    assert result.returncode == 1, result.stdout
    assert f"{contract} BROKEN" in result.stdout

"""The window is there before anything that takes long to load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FIRST_PAINT = """
import sys
import main as entry
from app.ui.window import launch as editor
from app.ui.window.main_window import MainWindow

def painted(self):
    heavy = ("torch", "cv2", "av", "numpy", "scipy", "pyqtgraph", "moviepy", "skimage")
    print([name for name in heavy if name in sys.modules], self.isVisible(), flush=True)
    self.close()

editor.Start._load = lambda self: painted(self.window)
sys.exit(entry.open_editor([]))
"""


def test_nothing_heavy_is_loaded_before_the_first_paint(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] True", done.stderr

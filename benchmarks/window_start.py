"""The editor's first paint against a bare PySide6 main window with QDarkStyle, in turn, each in a process of its own.

python -m benchmarks.window_start [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

BARE = """
import sys, time
import qdarkstyle
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print(time.time(), "torch" in sys.modules, flush=True)
        QTimer.singleShot(0, app.quit)

app = QApplication([])
app.setStyleSheet(qdarkstyle.load_stylesheet(qt_api="pyside6"))
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
OURS = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.ui.window.launch import Start
from app.ui.kit.theme import prepare_high_dpi

prepare_high_dpi()
app = QApplication([])
start = Start(app, [])
start.window.painted.disconnect()

def painted():
    print(time.time(), "torch" in sys.modules, flush=True)
    QTimer.singleShot(0, app.quit)

start.window.painted.connect(painted)
start.window.show()
app.exec()
"""


def first_paint(code: str, folder: str) -> tuple[float, bool]:
    """(seconds from the start of the process to its first paint, whether torch was loaded by then)."""
    environment = os.environ | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), folder)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    painted, torch = done.stdout.split()[:2]
    return float(painted) - started, torch == "True"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for code in (BARE, OURS):
            first_paint(code, folder)  # files come from the disk only once
        rounds = [(first_paint(BARE, folder), first_paint(OURS, folder)) for _ in range(options.rounds)]
    bare = statistics.median(one[0] for one, _ in rounds)
    ours = statistics.median(other[0] for _, other in rounds)
    print(f"bare window {bare:.3f} s, editor {ours:.3f} s: {ours / bare:.2f} x; medians of {options.rounds} rounds")
    print(f"torch in sys.modules at the editor's first paint: {any(other[1] for _, other in rounds)}")


if __name__ == "__main__":
    main()

"""The real window on a real X server: what the offscreen platform would never notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
XVFB = shutil.which("Xvfb")

# OpenCV comes before the QApplication or after it: a project that is opened brings it in late
OPEN_AND_CLOSE = """
import os, sys

def fail(*error):
    sys.__excepthook__(*error)
    os._exit(1)  # an exception in a slot would leave the program running

sys.excepthook = fail
EARLY = sys.argv[2] == "early"

def load_opencv():
    import app.engine.faces.mesh_detector
    import face_alignment

if EARLY:
    load_opencv()
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QComboBox
from app.ui.window.launch import Start
from app.ui.kit.theme import prepare_high_dpi

def ready(editor):
    load_opencv()
    assert "cv2" in sys.modules
    QTimer.singleShot(0, lambda: show(editor))

def show(editor):
    editor.window.show_editor()
    editor.window.docks["Timeline"].setFloating(True)  # a second native window
    QTimer.singleShot(300, lambda: finish(editor))

def finish(editor):
    picture = editor.window.screen().grabWindow(0).toImage()
    assert picture.save(sys.argv[1])
    print(QApplication.platformName(), os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"), flush=True)
    editor.window.close()

prepare_high_dpi()
app = QApplication(sys.argv[:1])
start = Start(app, [], ready=ready)
start.window.show()
sys.exit(app.exec())
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """The name of an X server of our own."""
    if XVFB is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    command = [XVFB, "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize("when", ["late", "early"])
def test_the_window_opens_on_x11_whenever_opencv_is_loaded(display: str, when: str, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    names = ("QT_QPA_PLATFORM", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT), "LIBGL_ALWAYS_SOFTWARE": "1"}
    shot = tmp_path / "screen.png"
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND_CLOSE, str(shot), when],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["xcb", "None"]
    assert "Traceback" not in done.stderr, done.stderr
    picture = QImage(str(shot))
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)}
    assert len(colours) > 20, "nothing was drawn"

"""What holds for every test with a window: drawn offscreen, nothing left running, a warning of Qt's is a failure."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported anywhere
os.environ["QT_API"] = "pyside6"
os.environ["PYTEST_QT_API"] = "pyside6"

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QThreadPool, QTimer
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication

HERE = Path(__file__).parent
HARMLESS = (
    "This plugin does not support",  # the offscreen platform has no window manager
    "Couldn't (load|resolve) pipewire",  # which sound system there is: that there is none is the player's to tell
    "PulseAudioService",
)
"""Beginnings of what Qt says of the machine rather than of the program."""
MANY = 50
"""A test that imports more modules than this leaves so many objects that later tests would spend most of their time on
looking at them; torch and OpenCV leave two hundred thousand."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here fails on a warning of Qt's."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(*HARMLESS, extend=True))


@pytest.fixture(autouse=True)
def _each_its_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, layout, recent projects and caches of one test are no other's."""
    monkeypatch.setenv("REDUB_CACHE", str(tmp_path / "cache"))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(scope="session")
def _first_look(qapp: QApplication) -> tuple[QPalette, QFont]:
    """Colours and font before any test applied the theme."""
    return QPalette(qapp.palette()), QFont(qapp.font())


@pytest.fixture(autouse=True)
def _theme_ends_with_its_test(qapp: QApplication, _first_look: tuple[QPalette, QFont]) -> Iterator[None]:
    """There is one application for all tests of a process; one test's theme would show in another's pictures."""
    yield
    palette, font = _first_look
    if qapp.styleSheet():
        qapp.setStyleSheet("")
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture(autouse=True, scope="session")
def _old_objects_are_not_looked_at_again() -> Iterator[None]:
    """What is there before the first window stays for good: collecting after each test then costs next to nothing."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _nothing_of_qt_left_running(_nothing_left_running: None) -> Iterator[None]:
    """Fails a test that leaves a QThread, a QTimer or work in Qt's pool running.

    Threads of Python's are looked after in tests/conftest.py. Garbage is collected here, on Qt's thread: left to
    itself, Python deletes what remains of a window whenever and on whichever thread it likes, in a later test.
    """
    modules, before = len(sys.modules), {id(each) for each in _running()}
    yield
    _collect()
    left = [each for each in _running() if id(each) not in before]
    names = [f"{type(each).__name__} {each.objectName()!r} of {each.parent()!r}" for each in left]
    for each in left:
        _stop(each)
    assert not names, f"still running: {', '.join(names)}"
    assert QThreadPool.globalInstance().activeThreadCount() == 0, "work is left in Qt's thread pool"
    if len(sys.modules) - modules > MANY:
        gc.freeze()


def _collect() -> None:
    """Deletes what nobody has any more, Qt's and Python's."""
    for _ in range(2):
        gc.collect()
        if QCoreApplication.instance() is not None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()


def _running() -> list[QThread | QTimer]:
    """Threads and timers that Python knows and that are at work; a timer whose owner is gone counts too."""
    # by type(): isinstance() asks some objects for their class, and they answer with a warning; by a set of types,
    # for there are some hundred thousand objects and two looks a test
    kinds = _with_subclasses(QThread) | _with_subclasses(QTimer)
    found = [each for each in gc.get_objects() if type(each) in kinds and shiboken6.isValid(each)]
    return [each for each in found if (each.isRunning() if isinstance(each, QThread) else each.isActive())]


def _with_subclasses(kind: type) -> set[type]:
    """A class and all that are made of it."""
    return {kind}.union(*(_with_subclasses(each) for each in kind.__subclasses__()))


def _stop(each: QObject) -> None:
    """Ends what was left, so that it does not make the next test fail as well."""
    if isinstance(each, QTimer):
        each.stop()
    elif isinstance(each, QThread):
        each.requestInterruption()
        each.quit()
        stop = getattr(each, "stop", None)  # our own wait for messages, not for Qt's events
        if stop is not None:
            stop()
        if not each.wait(2000):
            _STUCK.append(each)


_STUCK: list[QThread] = []
"""Threads that would not end: to delete one that runs would abort the process."""

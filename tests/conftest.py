"""What holds for every test: nothing of the user's is touched, nothing is left running, chance has a fixed seed."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy: sums keep their order, and workers do not fight for cores

import faulthandler
import random
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

_CRASHES = pytest.StashKey[Path]()
CLIPS = Path(__file__).resolve().parents[2] / "shared" / "clips"

# the machine may be busy: how long an example takes proves nothing
hypothesis.settings.register_profile("redub", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("redub")


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches and settings of a test run live and die with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDUB_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    """The same chance in every run and in any order of tests."""
    random.seed(0)
    np.random.seed(0)  # for libraries that draw from it


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Fails a test that leaves a thread behind; one that is just ending gets a moment."""
    before = set(threading.enumerate())
    yield
    # stand-ins for threads of Qt's, which tests/gui/conftest.py looks after, cannot be joined
    stand_in = threading._DummyThread
    started = [t for t in threading.enumerate() if t not in before and not isinstance(t, stand_in)]
    for thread in started:
        thread.join(timeout=5)
    left = [thread.name for thread in started if thread.is_alive()]
    assert not left, f"threads still running: {', '.join(left)}"


@pytest.fixture
def clips() -> Path:
    """The folder of real clips; only for tests marked `clips`."""
    return CLIPS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests marked `clips` where there are no clips."""
    if CLIPS.is_dir():
        return
    for item in items:
        if item.get_closest_marker("clips"):
            item.add_marker(pytest.mark.skip(reason=f"needs the clips in {CLIPS}"))


def pytest_configure(config: pytest.Config) -> None:
    """A worker of xdist that crashes leaves its stacks in a file: what it prints is lost among the dots."""
    if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit it
        os.environ["REDUB_TEST_CRASHES"] = tempfile.mkdtemp(prefix="redub-crashes-")
    config.stash[_CRASHES] = Path(os.environ["REDUB_TEST_CRASHES"])


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """After pytest's own plugin has turned faulthandler on for its terminal."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        file = (session.config.stash[_CRASHES] / f"{worker}.txt").open("w")
        session.config.add_cleanup(file.close)
        session.config.add_cleanup(faulthandler.disable)
        faulthandler.enable(file)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Shows those stacks, where there are any."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = config.stash[_CRASHES]
    for file in sorted(folder.glob("*.txt")):
        stacks = file.read_text(errors="replace")
        if stacks:
            terminalreporter.section(f"crash of {file.stem}")
            terminalreporter.write(stacks)
    shutil.rmtree(folder, ignore_errors=True)

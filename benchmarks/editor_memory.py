"""Memory of the editor over a long session of edits and scrubs, and whether the frame cache keeps to its limit.

python -m benchmarks.editor_memory [--minutes 60]   an hour of an editor's work, as fast as it goes
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from fractions import Fraction
from pathlib import Path

from app.core import edits
from app.core.settings import Settings
from app.ui.window.editor import Editor
from benchmarks.editor_kit import open_demo, rest

ACTIONS_A_MINUTE = 20
"""An edit or a scrub every three seconds."""
MB = 10**6


def resident() -> float:
    """MiB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def act(editor: Editor, rng: random.Random) -> None:
    """One thing that an editor does."""
    session = editor.session
    assert session.clip is not None
    stop = float(session.clip.stop)
    turn = rng.random()
    if turn < 0.6:
        editor.playing.go(Fraction(round(rng.uniform(0, stop) * 1000), 1000))
    elif turn < 0.75:
        session.apply("Move voice", edits.set_offset(session.project, Fraction(rng.randrange(-500, 500), 1000)))
    elif turn < 0.85 and session.project.segments:
        segment = rng.choice(session.project.segments)
        feather = rng.uniform(0.5, 2)
        session.apply("Feather", edits.set_segment(session.project, segment.id, feather=feather))
    elif session.undo_stack.canUndo():
        session.undo_stack.undo()
    if session.undo_stack.count() > 200:
        session.undo_stack.clear()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    options = parser.parse_args()
    limit = 64 * MB
    with open_demo(Settings(memory_mb=limit // MB)) as editor:
        rng = random.Random(0)
        memory: list[float] = []
        most = 0
        for _ in range(options.minutes):
            for _ in range(ACTIONS_A_MINUTE):
                act(editor, rng)
                rest(120)
                most = max(most, editor.threads.renders.cache.memory_used)
            memory.append(resident())
        half = memory[len(memory) // 2 :]
        early, late = statistics.mean(half[: len(half) // 2]), statistics.mean(half[len(half) // 2 :])
        print(f"memory: {memory[0]:.0f} MiB after a minute's work, {memory[-1]:.0f} MiB at the end")
        print(
            f"second half: {early:.0f} to {late:.0f} MiB, {late / early:.3f} x; all {min(half):.0f} to {max(half):.0f}"
        )
        bound = editor.threads.renders.cache.memory_bytes
        print(f"frame cache: at most {most / MB:.1f} MB of {bound / MB:.1f} MB")


if __name__ == "__main__":
    main()

"""`batch FOLDER|TABLE.csv|CUT.otio -o DIR`: many dubs in one run, each with its film and its report in DIR.

FOLDER: every project (.redub) in it, and every clip with a sound of the same name beside it. TABLE.csv: a row for
each dub, with the columns `clip`, `voice`, `output` and any option of `dub` (`range`: several with ; between them).
CUT.otio, .otioz or .xml: every clip under which a sound of another file lies, its range alone, dubbed to that sound.

What cannot be dubbed is said, counted and passed over. A batch that is stopped or killed goes on where it was when
the same command is given again: what is done is not done twice.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from functools import lru_cache
from pathlib import Path

from app.cli.batch_source import read_batch
from app.cli.dub import add_dub_options, add_run_options, summary, tools_of
from app.cli.main import STOPPED
from app.cli.options import Verbs, make_folder, say, write_json
from app.core.text import duration_text
from app.engine.batch.jobs import BatchJob
from app.engine.batch.journal import FILE, Journal
from app.engine.batch.run import Standing, run_batch
from app.engine.export.export_request import check_request, run_export
from app.engine.media.output import check_folder_writable
from app.engine.ports import Dubber
from app.engine.progress import Progress
from app.wiring import make_dubber, model_errors

SOME_FAILED = 3
"""Exit code where jobs failed and all others are done."""


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `batch` and its options to the command line."""
    parser = verbs.add_parser(
        "batch",
        help="dub many clips, going on where a killed run was",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="FOLDER|TABLE.csv|CUT.otio")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder of films and reports")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="dubs at a time; default: %(default)s")
    parser.add_argument("--media", type=Path, metavar="FOLDER", help="where files of a cut lie that were moved")
    add_dub_options(parser)
    add_run_options(parser)
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    """A number of 1 or more. Raises ValueError, which argparse words."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is fewer than 1")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Runs `batch` with the parsed options; returns 0, or `SOME_FAILED` where jobs failed."""
    jobs = read_batch(options)
    make_folder(options.output)
    check_folder_writable(options.output)
    # read when numpy and torch are loaded: processes that each take all cores get in each other's way
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // options.jobs)))
    line = BatchLine()
    with Journal(options.output) as journal:
        try:
            standing = run_batch(jobs, journal, render, options.jobs, line, line.tell)
        except KeyboardInterrupt:
            line.close()
            say("stopped: what is done stands, and the same command goes on with the rest.")
            return STOPPED
        finally:
            line.close()
    say(counts(standing) + f' See "{options.output / FILE}".')
    return SOME_FAILED if standing.failed else 0


def render(job: BatchJob, progress: Progress) -> list[str]:
    """Does one job in a process of the batch: the film, then its report. Raises UserError."""
    said: list[str] = []
    check_request(job.request)  # before the network is loaded
    with model_errors():
        dubber = _dubber(job.request.project.weights, job.device)
        tools = tools_of(job.request, dubber, job.detector, job.nearby, progress, said.append)
        report = run_export(job.request, tools)
    write_json(job.report, report)
    return [*said, *summary(report)]


@lru_cache(maxsize=1)
def _dubber(weights: str, device: str) -> Dubber:
    """The network, kept from job to job."""
    return make_dubber(weights, device, say)


def counts(standing: Standing) -> str:
    """How a batch ended, such as "20 jobs: 19 done (7 of them before), 1 failed."."""
    done = f"{standing.done + standing.before} done"
    before = f" ({standing.before} of them before)" if standing.before else ""
    return f"{standing.total} {'job' if standing.total == 1 else 'jobs'}: {done}{before}, {standing.failed} failed."


class BatchLine:
    """Progress over all jobs on standard error: one line that is rewritten where there is a terminal."""

    EVERY = 0.25
    EVERY_PLAIN = 30.0
    """Seconds between updates, in a terminal and elsewhere."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._told = self._started
        self._terminal, self._open = sys.stderr.isatty(), False

    def __call__(self, standing: Standing) -> None:
        """Shows how the batch stands, if it was not shown just now."""
        now = time.monotonic()
        if now - self._told < (self.EVERY if self._terminal else self.EVERY_PLAIN):
            return
        self._told, self._open = now, True
        text = batch_text(standing, now - self._started)
        start, end = ("\r\033[K", "") if self._terminal else ("", "\n")
        print(start + text, end=end, file=sys.stderr, flush=True)

    def tell(self, name: str, sentence: str) -> None:
        """A sentence on one of the jobs."""
        self.close()
        say(f"{name}: {sentence}")

    def close(self) -> None:
        """Ends the line that is being rewritten."""
        if self._terminal and self._open:
            print(file=sys.stderr)
        self._open = False


def batch_text(standing: Standing, seconds: float) -> str:
    """One line of progress: the share, the counts, the time that is left after `seconds` of work, what runs now."""
    share, left = standing.share, ""
    if 0 < share < 1:
        left = f"  {duration_text(seconds * (1 - share) / share)} left"
    running = [f"{name}: {stage} {done}/{total or '?'}" for name, (stage, done, total) in standing.running.items()]
    count = f"{standing.done + standing.before} of {standing.total} done, {standing.failed} failed"
    return f"batch  {share:.0%}  {count}{left}" + (f"  ({'; '.join(running)})" if running else "")

"""What the render thread does next, and what it is to drop: no Qt, one lock, one waiting thread.

Any thread says what the project is and where the playhead stands; the render thread takes one task after another. A
plan (`app.core.render_plan`) is replaced as soon as something changes, so that nothing queued is ever stale; the task
under way is cancelled where its frames are no longer wanted, or where others are wanted much sooner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from app.core.project import Project
from app.core.render_plan import (
    FrameKey,
    RenderBasis,
    RenderRequest,
    frame_name,
    key_at,
    plan_missing,
    split_name,
)
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice
from app.engine.preview.frame_cache import FrameCache
from app.engine.preview.render_strip import RenderState, Strip, StripLayout, render_strip, strip_layout
from app.engine.preview.render_tasks import AttentionTask, FitTask, IdentifyTask, RenderTask, Sources, Task
from app.engine.progress import CancelToken


class RenderQueue:
    """See above; all methods may be called from any thread, `take` by one only. None waits but `take`."""

    def __init__(self, cache: FrameCache) -> None:
        self._cache = cache
        self._changed = threading.Condition()
        self._sources = Sources()
        self._playhead, self._direction = Fraction(0), 0
        self._paused = self._stopped = False
        self._attention: AttentionTask | None = None
        self._fit: int | None = None
        self._fitting: FitTask | None = None
        self._digests: dict[str, str] = {}
        self._plan: Iterator[RenderRequest] | None = None
        self._turn = 0
        self._passed = 0
        self._plan_ended = self._all_done = False
        self._blocked: str | None = None
        self._running: RenderTask | None = None
        self._rendering: set[FrameKey] = set()
        self._failed: dict[FrameKey, str] = {}
        self._layout: tuple[Sources, RenderBasis | None, StripLayout] | None = None
        cache.on_lost(self.replan)

    def set_sources(
        self, project: Project, clip: Clip | None, voice: Voice | None, analysis: FaceAnalysis | None
    ) -> None:
        """What is to be rendered from now on; nothing happens where that makes the same frames as before."""
        with self._changed:
            old, self._sources = self._sources, Sources(project, clip, voice, analysis)
            if old.same_frames(self._sources):
                return
            if old.project.weights != project.weights:
                self._blocked = None
            self._failed = {}
            self._put_fit_off()
            if self._running is not None and not self._still_wanted(self._running.request):
                self._running.cancel.cancel()
            self._replan()

    def set_playhead(self, time: Fraction, direction: int) -> None:
        """Where the user looks, and whether it plays: 1, -1, or 0 standing still. Standing still, it cannot wait."""
        with self._changed:
            if (time, direction) == (self._playhead, self._direction):
                return
            self._playhead, self._direction = time, direction
            if self._fitting is not None and self._playhead_waits():
                self._put_fit_off()
            if self._all_done:
                return
            if direction == 0 and self._running is not None and self._is_elsewhere(self._running.request):
                self._running.cancel.cancel()
            # no new turn: a request that is just being picked is still right, and playing must not drop each in turn
            self._plan = None
            self._plan_ended = False
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        """Renders nothing while it is paused, but for attention; what is under way is cancelled."""
        with self._changed:
            if paused == self._paused:
                return
            self._paused = paused
            self._put_fit_off()
            if paused and self._running is not None:
                self._running.cancel.cancel()
            self._replan()

    def request_attention(self, segment_id: int, index: int, layer: str) -> None:
        """Asks for a look before anything else; replaces an earlier wish that nobody looked at yet."""
        with self._changed:
            self._attention = AttentionTask(self._sources, segment_id, index, layer)
            self._put_fit_off()
            if self._running is not None:
                self._running.cancel.cancel()
            self._replan()

    def request_fit(self, segment_id: int) -> None:
        """Asks for a fit check, which comes once the frame under the playhead is there; replaces an earlier wish."""
        with self._changed:
            self._fit = segment_id
            self._changed.notify_all()

    def fitted(self) -> None:
        """The fit check under way is over, whatever came of it."""
        with self._changed:
            self._fitting = None

    def replan(self) -> None:
        """Looks anew at what is missing."""
        with self._changed:
            self._replan()

    def retry(self) -> None:
        """Tries anew what failed."""
        with self._changed:
            self._failed = {}
            self._blocked = None
            self._replan()

    def stop(self) -> None:
        """Makes `take` return None from now on and cancels what is under way."""
        with self._changed:
            self._stopped = True
            self._put_fit_off()
            if self._running is not None:
                self._running.cancel.cancel()
            self._changed.notify_all()

    def take(self, on_idle: Callable[[], None] = lambda: None) -> Task | None:
        """The next task; waits for one, after telling `on_idle` once. None when stopped."""
        told = False
        while True:
            with self._changed:
                if self._stopped:
                    return None
                task, plan, turn = self._immediate(), self._current_plan(), self._turn
                if task is None and plan is None and told:
                    self._changed.wait()
                    told = False
                    continue
            if task is not None:
                return task
            if plan is None:
                on_idle()
                told = True
                continue
            # outside the lock: passing many finished frames takes a while
            request = next(plan, None)
            started = self._start(request, plan, turn)
            if started is not None:
                return started

    def identified(self, weights: str, digest: str) -> None:
        """Answers an `IdentifyTask`."""
        with self._changed:
            self._digests[weights] = digest
            self._replan()

    def block(self, sentence: str, weights: str) -> bool:
        """Plans nothing more until other weights are chosen or `retry`: with these every frame would fail.

        Returns whether it does: others may have been chosen while these were loading.
        """
        with self._changed:
            if weights != self._sources.project.weights:
                return False
            self._blocked = sentence
            self._replan()
            return True

    def finished(self, key: FrameKey, problem: str = "") -> None:
        """A frame of the task under way is in the cache, or failed with a sentence."""
        with self._changed:
            self._rendering.discard(key)
            if problem:
                self._failed[key] = problem

    def ended(self) -> None:
        """The task under way is over; frames of it that were not finished are planned again."""
        with self._changed:
            left, self._rendering = self._rendering, set()
            self._running = None
            if left:
                self._replan()

    @property
    def sources(self) -> Sources:
        """As they were set last."""
        return self._sources

    @property
    def basis(self) -> RenderBasis | None:
        """What frames are named by; None while something is missing or the weights are not identified."""
        return self._basis_of(self._sources)

    def key_at(self, index: int) -> FrameKey | None:
        """The name of frame `index`; None where it is not dubbed, shows no face, or that is not known yet."""
        sources, basis = self._sources, self.basis
        if basis is None or sources.clip is None or sources.analysis is None:
            return None
        return key_at(sources.project, sources.clip, index, basis, sources.analysis)

    def state_of(self, key: FrameKey) -> RenderState:
        """How far a frame is."""
        if key in self._rendering:
            return "rendering"
        if self._cache.has(*split_name(key)):
            return "ready"
        return "failed" if key in self._failed else "dirty"

    def problem_of(self, key: FrameKey) -> str:
        """Why a frame failed; empty where it did not."""
        return self._failed.get(key, "")

    def strip(self, project: Project, clip: Clip) -> Strip:
        """The states of all dubbed frames as runs of time."""
        with self._changed:
            sources = Sources(project, clip, self._sources.voice, self._sources.analysis)
            rendering, failed = set(self._rendering), list(self._failed)
        layout = self._layout_of(sources)
        return render_strip(layout, self._cache.ready, rendering, failed)

    def _layout_of(self, sources: Sources) -> StripLayout:
        """The strip's layout, remembered while the project stays the same."""
        basis, last = self._basis_of(sources), self._layout
        if last is not None and last[1] == basis and last[0].same_frames(sources):
            return last[2]
        assert sources.clip is not None
        layout = strip_layout(sources.project, sources.clip, sources.analysis, basis)
        self._layout = sources, basis, layout
        return layout

    def _basis_of(self, sources: Sources) -> RenderBasis | None:
        clip, voice, faces = sources.clip, sources.voice, sources.analysis
        weights = self._digests.get(sources.project.weights)
        if clip is None or voice is None or faces is None or weights is None:
            return None
        return RenderBasis(clip.picture_key, voice.sound_key, f"{faces.detector} {faces.detector_version}", weights)

    def _immediate(self) -> Task | None:
        """What goes before all frames."""
        if self._attention is not None:
            task, self._attention = self._attention, None
            return task
        sources = self._sources
        ready = None not in (sources.clip, sources.voice, sources.analysis)
        if ready and self._blocked is None and sources.project.weights not in self._digests:
            return IdentifyTask(sources.project.weights)
        if self._fit is not None and not (self._paused or self._blocked or self._playhead_waits()) and self.basis:
            self._fitting, self._fit = FitTask(sources, self._fit, CancelToken()), None
            return self._fitting
        return None

    def _put_fit_off(self) -> None:
        """Something else is wanted sooner than the fit check under way, which begins anew afterwards."""
        if self._fitting is not None:
            self._fitting.cancel.cancel()
            self._fit = self._fitting.segment_id if self._fit is None else self._fit

    def _playhead_waits(self) -> bool:
        """Whether the frame under the playhead is still to be rendered."""
        clip = self._sources.clip
        key = None if clip is None else self.key_at(clip.index_at(self._playhead))
        return key is not None and self.state_of(key) in ("dirty", "rendering")

    def _current_plan(self) -> Iterator[RenderRequest] | None:
        """The plan in force; None where nothing is to be rendered."""
        basis, sources = self.basis, self._sources
        if self._paused or self._blocked is not None or self._plan_ended or basis is None:
            return None
        if self._plan is None:
            assert sources.clip is not None and sources.analysis is not None
            self._passed = 0
            missing = self._missing(self._turn)
            self._plan = plan_missing(
                sources.project, sources.clip, self._playhead, self._direction, missing, sources.analysis, basis
            )
        return self._plan

    def _start(self, request: RenderRequest | None, plan: Iterator[RenderRequest], turn: int) -> RenderTask | None:
        """Begins a request, unless something changed meanwhile; none ends the plan."""
        with self._changed:
            if turn != self._turn or self._stopped:
                return None
            if request is None:
                self._plan_ended = plan is self._plan
                self._all_done = self._passed < self._cache.room
                return None
            self._running = RenderTask(self._sources, request, CancelToken())
            self._rendering = set(request.keys)
            return self._running

    def _missing(self, turn: int) -> Callable[[str, range], Iterable[int]]:
        """Tells the frames to be rendered, until as many were passed as the cache holds: more would push out those."""
        cache, failed = self._cache, self._failed

        def missing(digest: str, indices: range) -> Iterator[int]:
            room, crowded = cache.room, cache.crowded
            for index in indices:
                if self._passed >= room or turn != self._turn:
                    return
                self._passed += 1
                if not cache.has(digest, index):
                    if not failed or frame_name(digest, index) not in failed:
                        yield index
                        room, crowded = cache.room, cache.crowded
                elif crowded:
                    cache.touch([frame_name(digest, index)])

        return missing

    def _replan(self) -> None:
        """Drops the plan; a new one is made when it is needed."""
        self._turn += 1
        self._plan = None
        self._plan_ended = self._all_done = False
        self._changed.notify_all()

    def _still_wanted(self, request: RenderRequest) -> bool:
        """Whether any frame of a request has the same name in the present project."""
        return any(self.key_at(index) == key for index, key in zip(request.indices, request.keys, strict=True))

    def _is_elsewhere(self, request: RenderRequest) -> bool:
        """Whether the frame under the playhead is missing and would have to wait for many others."""
        if self._sources.clip is None or len(request.indices) == 1:
            return False
        key = self.key_at(self._sources.clip.index_at(self._playhead))
        return key is not None and key not in request.keys and not self._cache.has(*split_name(key))

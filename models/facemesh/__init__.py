"""MediaPipe's face detectors and its face mesh as torch modules: the landmarks that every dub begins with (ADR 17)."""

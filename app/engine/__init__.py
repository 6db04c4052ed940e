"""Media, faces and the dubbing pipeline: numpy allowed; neither Qt nor torch."""

"""The waveform view: original and new voice under each other, and the voice moved against the original."""

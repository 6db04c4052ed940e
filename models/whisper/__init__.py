"""Whisper's encoder, frozen: what RADIO's audio encoder may hear in the place of a mel spectrogram (ADR 16)."""

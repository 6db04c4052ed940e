"""Prepared crops and sound as training batches: files in, arrays out, never a face detector."""

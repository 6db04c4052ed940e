"""Reading and writing clips and sound, by presentation time."""

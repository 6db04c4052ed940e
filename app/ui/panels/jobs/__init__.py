"""What runs in the background, as a list that can be paused, reordered and stopped."""

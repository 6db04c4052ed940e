"""What is timed and how; figures go into the README and the model card, never into a test."""

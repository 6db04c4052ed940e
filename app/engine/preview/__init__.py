"""What the editor shows while it works: frames rendered ahead, kept, and scaled to the screen."""

"""The timeline: ruler, render strip, marks, the clip's pictures, the dubbed segments and both sounds over time."""

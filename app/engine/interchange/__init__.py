"""What goes to other programs and comes from them: subtitles, spoken lines, timelines."""

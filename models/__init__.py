"""Every network that we define, what trains it and what judges it: torch here, `app` never."""

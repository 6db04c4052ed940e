"""The inspector: what the selected segment and the whole project are set to."""

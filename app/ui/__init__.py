"""The editor's windows."""

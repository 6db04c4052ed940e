"""The panels of the main window, one room or file each; none knows another."""

"""QThread bridges between the engine and the editor, and nothing else."""

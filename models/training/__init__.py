"""Training of the sync discriminator and of RADIO: configs, runs, logs, checkpoints."""

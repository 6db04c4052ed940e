"""Sound as the editor looks at it and plays it: peaks, voice activity, a proposal for the offset, the mix."""

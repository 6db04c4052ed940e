"""Many dubs in one run: jobs, the journal that a killed run goes on from, and the processes that do them."""

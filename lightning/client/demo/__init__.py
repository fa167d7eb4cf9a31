"""A market that lives by itself: simulated traders, or the tape of a real venue."""

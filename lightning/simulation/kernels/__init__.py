"""What every step of a simulation does to arrays, compiled."""

"""A market made of agents that trade with each other on an exchange in the same process."""

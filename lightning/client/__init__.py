"""Clients of a running server: the replay of order tapes, and the captures that tapes are made of."""

"""A server watched from outside: its markets, its pace, its health."""

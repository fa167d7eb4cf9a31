"""Subscribers that check what they are told, and a soak of fifty of them."""

"""The documentation site: Sphinx over README, docs/, notebooks/ and the docstrings of the public names."""

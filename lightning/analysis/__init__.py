"""Looking into a market: books, orders and trades as arrays and dataframes, now and at any past moment.

Needs the extra `analysis` (`pip install lightning-exchange[analysis]`).
"""

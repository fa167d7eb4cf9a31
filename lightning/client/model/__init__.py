"""What a server answers, as small values: numbers are Decimal, codes those of `lightning.codes`, times ns."""

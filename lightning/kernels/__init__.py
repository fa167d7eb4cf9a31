"""Pure kernels: integers in, integers out. No clock, file, random number or setting is read here."""

"""The exchange around the kernels: tables, batches, workers, the sequencer. Knows no wire and no file format."""

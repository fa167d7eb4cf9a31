"""The exchange around the kernels: tables, batches, workers, sequencer. Knows no wire, no file format."""

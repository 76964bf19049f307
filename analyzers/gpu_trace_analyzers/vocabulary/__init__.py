"""The words of the formats that gpu-trace both reads and writes: a reader and its writer import the same ones."""

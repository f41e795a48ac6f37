"""What really breaks, tried on this machine: `python -m benchmarks.faults`, one module for each family of faults."""

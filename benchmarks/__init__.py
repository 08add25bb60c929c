"""Compare Essaim with alternatives in benchmarks."""

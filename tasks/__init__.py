"""The stages, one module or package each: plain functions first, and `orchestrated` as their thin Prefect wrappers."""

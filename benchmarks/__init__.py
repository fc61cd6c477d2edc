"""What the proxy costs: `python -m benchmarks` measures the figures that README.md beside this file quotes."""

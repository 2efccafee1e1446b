"""Makes what is released, and tries it: `python -m scripts.release`."""

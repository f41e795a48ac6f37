"""The entries of the registry, by subject. `metrics/definitions.py` puts them together."""

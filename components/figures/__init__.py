"""Figures: pure functions from a small frame to a plotly figure as plain dicts. No query, no clock, no viewer."""

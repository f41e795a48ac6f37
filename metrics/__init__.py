"""Figures: what they mean, and how a question about them is answered from the mart."""

"""The tables that staff take into tools of their own: names instead of numbers, and the figures as this product counts them."""

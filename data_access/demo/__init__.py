"""The demo city: an invented city and its CRM database, simulated from a seed."""

"""Statroom's own database: what it remembers beside the mart. Never in the city's CRM."""

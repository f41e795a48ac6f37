"""The demo city's other programmes: records requests, complaints, land, ideas and code enforcement, each in a little system of its own."""

"""Tables that leave Statroom for other tools: what a table is, and the folders, files and databases it is written to."""

"""Everything that reads and writes data: sources, mart, and Statroom's own store."""

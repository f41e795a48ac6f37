"""Pages: they register, lay out and compose. They compute nothing."""

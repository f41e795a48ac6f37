"""What a source that nobody has described yet probably means: its columns, words, tables, time zone; each guess with its reason."""

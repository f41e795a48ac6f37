"""From a source's rows to canonical cases and events, as a mapping file says."""

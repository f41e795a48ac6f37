"""The staff application: one file per page. A staff process imports these, a public one never does."""

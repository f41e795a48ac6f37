"""The residents' portal: one file per page. A public process imports these and no others."""

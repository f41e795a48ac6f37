"""The mart: schema, generations, writing and scoped reading."""

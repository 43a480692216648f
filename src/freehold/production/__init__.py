"""The slice of the way to production: shape, readiness, review, clone and drift."""

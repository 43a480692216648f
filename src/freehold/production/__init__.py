"""The slice of the way to production: shape, readiness, review, clone, promotion and drift. See its README."""

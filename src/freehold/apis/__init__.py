"""The operator's APIs and their catalogue of endpoints and event types, imported from OpenAPI 3.1."""

"""Pages of reports, of a project and of an organization: the same handlers stand on the addresses of both."""

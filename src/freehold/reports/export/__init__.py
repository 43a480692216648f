"""Everything that an organization may take along, as reports."""

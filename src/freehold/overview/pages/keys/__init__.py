"""Pages of a project's keys, with what each was used for."""

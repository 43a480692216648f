"""A project seen whole, and a key with its use: what is put together from several slices, and owned by none."""

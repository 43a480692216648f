"""The rows of each kind of report, in batches: each batch its own short transaction, in an order that no database decides."""

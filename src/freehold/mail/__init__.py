"""Mail: what people are told by e-mail, from the row that a transaction writes to the operator's SMTP server."""

"""The gate: the data plane that decides the operator's traffic. Needs no web framework."""

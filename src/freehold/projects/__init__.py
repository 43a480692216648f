"""Projects: one workload in one environment, what it declares, who owns it."""

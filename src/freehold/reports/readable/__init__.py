"""Reports to be read by people: the same rows as everywhere, as one page with figures, a chart and tables. See README."""

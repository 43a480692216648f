"""Pages of usage: the chart with what made it up, single requests, one request explained.

A view's whole state is in its address. Thin: read the address, one action, present.
"""

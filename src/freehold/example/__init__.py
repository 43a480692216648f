"""The bundled example API: countries, currencies and time zones, as any operator's API would serve them.

A stranger to the rest of Freehold: it imports only the kit, and speaks to Freehold over HTTP.
"""

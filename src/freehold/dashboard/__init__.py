"""The dashboard's shell: templates, macros, charts and static files that every slice's pages use.

It knows how a page looks and never what is true: it reads no database, decides nothing, and is
handed view models (`views/`) that the slices' `pages.py` fill.
"""

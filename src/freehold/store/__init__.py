"""The databases: engines, transactions, schema, migrations, the configuration epoch.

Knows tables, not their meaning: no rule of the product lives here.
"""

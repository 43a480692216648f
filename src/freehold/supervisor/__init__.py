"""Starting and watching the processes of one instance: what `freehold up` does.

Prepares the data directory and the database, binds every listening socket, starts the processes and
keeps them alive. It serves nothing itself and holds no rule of the product.
"""

"""Between HTTP and the actions: who calls, what they sent, how errors and answers are written.

Knows Litestar and the accounts; knows nothing of projects, keys or any other product noun.
"""

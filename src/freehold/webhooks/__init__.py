"""Webhooks: a project's endpoints, the messages for them, each delivery and each attempt.

Owns signing, sending and retrying. Never sends where it must not, never within a transaction.
"""

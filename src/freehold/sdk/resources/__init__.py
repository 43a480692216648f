# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""The operations of the API, a module for each of its parts."""

"""Where reports' files are kept: a folder or an object store, as they are or encrypted. Nothing here knows what is in them."""

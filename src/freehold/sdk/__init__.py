"""The SDK: what programs of other people import. Never needs anything that only a server has."""

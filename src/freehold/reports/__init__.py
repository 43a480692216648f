"""Reports: files that can be made again to the same bytes. See the README beside this file."""

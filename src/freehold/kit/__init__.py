"""Small tools that know no product noun: clock, ids, secrets, canonical JSON, paging."""

"""HTTP/2 as servers need it, without a word of what travels inside (RFC 9113, RFC 7541)."""

"""HTTP/1.1: connections, requests and the paths that answer them."""

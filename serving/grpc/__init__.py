"""gRPC: HTTP/2 connections, calls on them, and the services that answer them."""

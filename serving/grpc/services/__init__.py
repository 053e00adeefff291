"""The services: inference, health, and reflection of both."""

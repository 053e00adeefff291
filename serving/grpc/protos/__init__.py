"""The messages of the services, written as `.proto` files and generated from them."""

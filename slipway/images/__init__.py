"""Container images: what each is made of, its name by content, building and pushing it."""

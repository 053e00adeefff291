"""The models a server has: where they come from, how they are loaded, swapped and found."""

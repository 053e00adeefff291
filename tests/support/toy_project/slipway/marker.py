"""Stands for the core in the digest of the code, so that the tests' cache does not depend on the real one."""

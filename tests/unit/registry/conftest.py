from tests.support.embedded_registry import bundle, client, migrated_database, settings

__all__ = ["bundle", "client", "migrated_database", "settings"]

from tests.support.deploy_fixtures import api, project, registry, site, with_helm
from tests.support.embedded_registry import migrated_database

__all__ = ["api", "migrated_database", "project", "registry", "site", "with_helm"]

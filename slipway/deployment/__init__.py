"""From a registered version to an endpoint on a cluster that answers as recorded, or back to what was before."""

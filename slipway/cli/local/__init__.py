"""Running compiled IR on this machine, by KFP's own local runner."""

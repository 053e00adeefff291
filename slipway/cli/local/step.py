"""The start of a step's process: KFP's component executor, started in a fraction of its usual time.

Usage: python -P -m slipway.cli.local.step [KFP's own arguments]
"""

from __future__ import annotations

from slipway.cli.kfp_import import import_kfp


def main() -> None:
    """Run the component that `sys.argv` names, as `python3 -m kfp.dsl.executor_main` does in an image."""
    import_kfp()
    from kfp.dsl.executor_main import executor_main

    executor_main()


if __name__ == "__main__":
    main()

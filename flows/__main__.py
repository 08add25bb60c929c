"""Run `essaim` as `python -m flows`."""

from flows.cli.app import main

if __name__ == "__main__":
    main()

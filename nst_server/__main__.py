"""``python -m nst_server`` is ``nst``."""

from nst_server.command.main import main

if __name__ == "__main__":
    raise SystemExit(main())

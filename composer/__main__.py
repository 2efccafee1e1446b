"""`python -m composer` is `compose`."""

from composer.cli.main import main

main()

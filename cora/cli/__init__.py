"""The command line."""


def main() -> None:
    from cora.cli.app import app

    app()

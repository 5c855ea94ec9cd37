"""Write the JSON Schemas of the native format and of reviews beside this file, and remove those of types that are gone."""

from __future__ import annotations

from pathlib import Path

from wflgit.core.schemas import json_schemas

FOLDER = Path(__file__).parent


def main() -> None:
    """Bring the files into step with the models."""
    schemas = json_schemas()
    for stale in {*FOLDER.rglob("*.schema.json")} - {FOLDER / name for name in schemas}:
        stale.unlink()
    for name, text in schemas.items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Keep the models as dbt has parsed them: once for each version of them, not for each programme folder.

Parsing all models takes seconds. What dbt keeps of it by itself is valid for one path of a warehouse, so that it would
parse them again for each new folder and for each dry run.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.package_data import project_path
from tasks.transform.needed_macros import needed_macros

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = project_path("dbt_project")
_FOLDERS = ("models", "macros", "seeds", "tests")
_LIBRARIES = ("dbt-core", "dbt-adapters", "dbt-duckdb", "dbt-postgres")
_DIGEST_BYTES = hashlib.sha256().digest_size


def models_version(locale: str = "fr") -> str:
    """Return the version of the models: a checksum of the dbt project and of the language of its comments."""
    digest = hashlib.sha256(locale.encode())
    settings = PROJECT / "dbt_project.yml"
    for path in [settings, *(path for folder in _FOLDERS for path in sorted((PROJECT / folder).rglob("*.*")))]:
        digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def parsed_models(engine: str, database: str, parse: Callable[[], "Manifest"]) -> "Manifest":
    """Return the parsed models for a database.

    Args:
        engine: Name of the output in `profiles.yml`.
        database: Name of the database that holds the warehouse.
        parse: Parses the models. Called where they are not kept.
    """
    place = _cache() / f"{engine}-{_version()}.msgpack"
    manifest = _read(place)
    if manifest is None:
        packed = _packed(parse())
        # Without the file, the next build parses the models again.
        with suppress(OSError):
            _keep(packed, place)
        manifest = _unpacked(packed)
    _move(manifest, database)
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def _cache() -> Path:
    """Return the folder of the user's cache (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "essaim"


def _version() -> str:
    """Return the version of the models, of the libraries, which bring macros, and of the choice among the macros."""
    libraries = "".join(f"\0{library} {version(library)}" for library in _LIBRARIES)
    chosen = Path(__file__).with_name("needed_macros.py").read_bytes()
    return hashlib.sha256(f"{models_version()}{libraries}".encode() + chosen).hexdigest()[:16]


def _read(place: Path) -> "Manifest | None":
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, packed = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(packed).digest() != digest:
        return None
    return _unpacked(packed)


def _packed(manifest: "Manifest") -> bytes:
    """Return the models as bytes, without the macros that no build calls."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    encode: Any = extended_mashumaro_encoder  # dbt gives it no types
    manifest.macros = needed_macros(manifest)
    return manifest.to_msgpack(encode)


def _unpacked(packed: bytes) -> "Manifest":
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def _keep(packed: bytes, place: Path) -> None:
    """Keep the models in place of those of other versions. Several runs may do so at once."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".arriving-") as folder:
        arriving = Path(folder) / place.name
        arriving.write_bytes(hashlib.sha256(packed).digest() + packed)
        engine = place.name.partition("-")[0]
        for other in place.parent.glob(f"{engine}-*.msgpack"):
            other.unlink(missing_ok=True)
        arriving.replace(place)


def _move(manifest: "Manifest", database: str) -> None:
    """Name the database in all nodes: dbt wrote the one into them for which it parsed."""
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        relation = getattr(node, "relation_name", None)
        if relation:
            node.relation_name = relation.replace(f'"{node.database}"', f'"{database}"', 1)
        node.database = database

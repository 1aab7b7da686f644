"""The pages of the API reference, written from what the package itself calls public.

Nothing is listed by hand: a name that enters ``c2m.__all__``, or the ``__all__`` of a room, is in
the reference at the next build, and a new room gets a page of its own.
"""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import c2m

FIRST = ("panel", "demand", "plan", "signals", "forecast", "production", "rehearse")
"""Rooms in the order of the road; the others follow by name."""

INSIDE = ("__main__", "cli", "storage")
"""Rooms that nobody imports: the command line has a page of its own."""

SUBROOMS = ("forecast.scores",)
"""Rooms within a room whose functions are called by their own path."""

CAPTIONS = {"class": "Classes", "function": "Functions", "error": "Errors", "data": "Constants"}


def rooms() -> list[str]:
    """Return the names of the public rooms, those of the road first."""
    found = {module.name for module in pkgutil.iter_modules(c2m.__path__)}
    found -= {name for name in found if name in INSIDE or name.startswith("_")}
    ordered = [name for name in FIRST if name in found]
    return ordered + sorted([*found.difference(ordered), *SUBROOMS])


def reference() -> dict[str, list[str]]:
    """Return for every room the full names that its page describes, each object once.

    A name of ``c2m.__all__`` is called ``c2m.name`` and stands on the page of its room; any other
    public name of a room is called by the room's path.
    """
    modules = {room: import_module(f"c2m.{room}") for room in rooms()}
    pages: dict[str, list[str]] = {room: [] for room in modules}
    seen: set[int] = set()
    for name in c2m.__all__:
        value = getattr(c2m, name)
        pages[_home(value, name, modules)].append(f"c2m.{name}")
        seen.add(id(value))
    for room, module in modules.items():
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if id(value) not in seen:
                pages[room].append(f"c2m.{room}.{name}")
                seen.add(id(value))
    return {room: sorted(names) for room, names in pages.items() if names}


def write_reference(folder: Path) -> list[str]:
    """Write a page for each room, and an index of them.

    Parameters
    ----------
    folder : Path
        Where; a page that would not change is left as it is, so that nothing is built twice.

    Returns
    -------
    list of str
        The pages of rooms, in which autosummary finds the names that get a page of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = reference()
    for room, names in pages.items():
        _write(folder / f"{room}.rst", "\n".join(_page(room, names)))
    public = {name for names in pages.values() for name in names}
    for stale in (folder / "generated").glob("*.rst"):
        if stale.stem not in public:
            stale.unlink()
    listed = "\n".join(f"   {room}" for room in pages)
    rows = "\n".join(f"- :doc:`{room}`: {_first_sentence(room)}" for room in pages)
    introduction = (
        "Everything that is public, by the room it lives in. What is called ``c2m.name`` can be "
        "imported from ``c2m`` itself; the rest by its path."
    )
    _write(
        folder / "index.rst",
        f"{_title('API reference')}{introduction}\n\n{rows}\n\n"
        f".. toctree::\n   :hidden:\n\n{listed}\n",
    )
    return [str(folder / f"{room}.rst") for room in pages]


def _home(value: object, name: str, modules: dict[str, ModuleType]) -> str:
    """Return the room of a name of ``c2m`` itself."""
    defined = str(getattr(value, "__module__", "")).split(".")
    if len(defined) > 1 and defined[0] == "c2m" and defined[1] in modules:
        return defined[1]
    return next(room for room, module in modules.items() if getattr(module, name, None) is value)


def _page(room: str, names: list[str]) -> Iterator[str]:
    """Yield the page of a room: what it is for, then its names by kind."""
    yield _title(f"c2m.{room}")
    yield inspect.getdoc(import_module(f"c2m.{room}")) or ""
    kinds: dict[str, list[str]] = {kind: [] for kind in CAPTIONS}
    for name in names:
        kinds[_kind(name)].append(name)
    for kind, of_kind in kinds.items():
        if of_kind:
            yield f"\n.. rubric:: {CAPTIONS[kind]}\n\n.. autosummary::\n   :toctree: generated\n"
            yield from (f"   {name}" for name in of_kind)
    yield ""


def _kind(name: str) -> str:
    """Return what a full name stands for: a key of `CAPTIONS`."""
    path, _, last = name.rpartition(".")
    value = getattr(import_module(path), last)
    if inspect.isclass(value):
        return "error" if issubclass(value, Exception) else "class"
    return "function" if callable(value) else "data"


def _first_sentence(room: str) -> str:
    text = inspect.getdoc(import_module(f"c2m.{room}")) or ""
    return " ".join(text.split("\n\n")[0].split())


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n\n"


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")

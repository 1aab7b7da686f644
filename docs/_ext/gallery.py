"""The examples as the gallery runs them.

The scripts in ``examples/`` are made to be read and run by people. The gallery runs copies, in a
folder of the build: what they write stays out of the tree, titles and cells are written the way
sphinx-gallery reads them, and an example that reports an error ends the build.
"""

import re
import shutil
from pathlib import Path
from typing import Any

HEADER = """\
Examples
========

Each is a script that runs from start to end; the pages show what it printed and drew when this
site was built. Those with a command line take your own data: ``--help`` says how.
"""

CALL = 'if __name__ == "__main__":\n    sys.exit(main())\n'
ARGUMENTS = {
    "02_plan_a_factory.py": ('["sample", "--write-sample"]', '["sample"]'),
}
"""What the gallery calls a script with, one call after another; with nothing unless given here."""

PLACE = "__file__"
"""What no cell knows; the gallery runs a script in its folder."""

SHOWN = (".png",)
OFFERED = (".html", ".xlsx", ".csv")
OUTPUT = "c2m-output"


def copy_examples(source: Path, folder: Path) -> None:
    """Copy the examples, each script in the form of the gallery.

    Parameters
    ----------
    source : Path
        The folder of examples.
    folder : Path
        Where the gallery finds them; what an earlier build left there is taken away.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "GALLERY_HEADER.rst").write_text(HEADER, "utf-8")
    for path in sorted(source.iterdir()):
        if path.suffix == ".py":
            calls = ARGUMENTS.get(path.name, ("",))
            script = for_gallery(path.read_text("utf-8"), calls).replace(PLACE, f'"{path.name}"')
            (folder / path.name).write_text(script, "utf-8")
        elif path.is_file():
            shutil.copy(path, folder / path.name)


def for_gallery(script: str, calls: tuple[str, ...] = ("",)) -> str:
    """Return a script in the form of the gallery.

    Parameters
    ----------
    script : str
        With a docstring whose first paragraph is its title, and ``# %%`` cells.
    calls : tuple of str
        What ``main`` is called with, if the script has one.

    Returns
    -------
    str
        The title underlined up to its colon, indented parts of the docstring literal, the words
        of a cell's first line as its text, and an exit code other than 0 an error.
    """
    docstring, quotes, code = script.removeprefix('"""').partition('"""')
    title, _, text = docstring.partition("\n\n")
    title, _, more = title.strip().rstrip(".").partition(": ")
    if more:
        text = f"{more[0].upper()}{more[1:]}.\n\n{text}"
    text = re.sub(r"\n\n(?=  \S)", "\n\n::\n\n", "\n\n" + text).strip()
    code = re.sub(r"^# %% (.+)$", r"# %%\n# \1", code, flags=re.MULTILINE)
    made = "\n".join(f"assert main({arguments}) == 0" for arguments in calls)
    code = code.replace(CALL, f"{made}\n")
    return f'r"""\n{title}\n{"=" * len(title)}\n\n{text}\n{quotes}{code}'


def new_files(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Show the pictures that a cell wrote, and offer its pages, workbooks and tables.

    A scraper of sphinx-gallery.

    Parameters
    ----------
    block : tuple
        The cell; not used.
    variables : dict
        The example: its file, and the numbered paths for pictures.
    settings : dict
        Of the gallery.

    Returns
    -------
    str
        The pictures and links as reStructuredText.
    """
    from sphinx_gallery.scrapers import figure_rst

    del block
    script = Path(variables["src_file"])
    output = script.parent / OUTPUT
    if not output.is_dir():
        return ""
    stored = Path(variables["target_file"]).parent / "files" / script.stem
    moved = _move(output, stored)
    pictures = [path for path in moved if path.suffix in SHOWN]
    numbered = []
    for picture, place in zip(pictures, variables["image_path_iterator"], strict=False):
        shutil.copy(picture, place)
        numbered.append(place)
    offered = [
        f"- :download:`{path.name} <files/{script.stem}/{path.name}>`"
        for path in moved
        if path.suffix in OFFERED and path.name != "index.html"
    ]
    figures = [figure_rst([picture], settings["src_dir"]) for picture in numbered]
    return "\n".join([*figures, *(["\nFiles it wrote:\n", *offered] if offered else []), ""])


def _move(output: Path, stored: Path) -> list[Path]:
    """Move what was written to a folder beside the pages, and return it by name."""
    stored.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in output.rglob("*") if path.is_file())
    moved = [Path(shutil.move(path, stored / path.name)) for path in files]
    shutil.rmtree(output)
    return moved

"""What the pages need that are read in the repository as well as on the site."""

import re
from pathlib import Path

SOURCES = re.compile(r"\((?:\.\./)+c2m/datasets/SOURCES\.md\)")


def design_pages(folder: Path) -> list[str]:
    """Return the names of the design pages, by number.

    Parameters
    ----------
    folder : Path
        ``docs/design``.

    Returns
    -------
    list of str
        Without their endings.
    """
    names = [path.stem for path in folder.glob("*.md") if path.stem != "README"]
    return sorted(names, key=lambda name: (int(name.split("-")[0]), name))


def for_site(name: str, text: str, root: Path) -> str:
    """Return a page as the site shows it.

    Parameters
    ----------
    name : str
        Of the page, such as ``"design/README"``.
    text : str
        As it is in the repository, where the packaged data's sources are a file beside the data.
    root : Path
        Of the repository: what examples printed names files from there on, and the index of the
        design pages lists them.

    Returns
    -------
    str
        With links that stay on the site, and no path of the machine that built it.
    """
    text = SOURCES.sub("(project:/sources.md)", text)
    if name.startswith("gallery/"):
        return text.replace(f"{root}/", "")
    if name != "design/README":
        return text
    listed = "\n".join(design_pages(root / "docs" / "design"))
    return f"{text}\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"

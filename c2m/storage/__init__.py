"""Folders on disk that hold a panel, a forecast, a plan or a model, without pickle.

A folder holds arrays as ``.npy``, tables as ``.parquet``, texts as ``.txt``, and ``manifest.json``:
kind, format version, facts, the size and SHA-256 of every other file, and in its last line the
SHA-256 of all that stands before it. So any byte that changed, in any file, is found before a
file is parsed, and the last line fixes the content of the whole folder.

That protects from accidents: half a copy, a bad disk, an edit by hand. It does not protect from
somebody who may write to the folder and computes the sums anew. Against that, keep the last line
of the manifest in a place of your own and compare. What such a person can do is bounded
nevertheless: nothing in a folder is executed, nor names what is imported; nothing is allocated by
what a file says of itself; sizes and trees are checked before they are used.

A folder is written beside its final place, under a name that starts with a dot, brought to disk
and put in its place by one step of the file system. A process that is killed leaves the old folder
or the new one there, and perhaps a draft with a dot, which may be removed.
"""

from c2m.storage.folder import Folder
from c2m.storage.manifest import FORMAT_VERSION
from c2m.storage.reading import read_folder
from c2m.storage.writing import write_folder

__all__ = ["FORMAT_VERSION", "Folder", "read_folder", "write_folder"]

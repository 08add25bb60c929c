"""Write a data package: the views that analysts read, for any tool, with their codebook and starters."""

from tasks.packaging.contents import Contents, package_contents
from tasks.packaging.package import Written, write_package

__all__ = ["Contents", "Written", "package_contents", "write_package"]

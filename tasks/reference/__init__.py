"""The reference of the programme folder, docs/folder.md, generated from its model."""

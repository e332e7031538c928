"""A worker's rows computed again from the audit, where both they and their changelog are lost.

Which table comes from where: docs/design/rebuild.md.
"""

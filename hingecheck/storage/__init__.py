"""Files that are whole or absent: poses, tables, and what is written while frames come. Imports from ``verdict`` and ``errors``."""

"""The coach's page, by default on this computer only. Imports from all other folders.

- ``work`` and ``mirror`` run in processes of their own. No other part opens a clip or a frame. ``sandbox`` says how these processes are
  confined; ``jobs`` and ``live`` drive them.
- ``store`` keeps rows and files in a ``database``.
- ``security`` checks every request. ``api``, ``results`` and ``pages`` answer it, with rows from ``deps`` and in the ``schemas`` that
  OpenAPI describes.
- ``form`` and ``history`` prepare the content of two pages. ``app`` puts everything together.
"""

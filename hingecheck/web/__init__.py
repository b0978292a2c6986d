"""The coach's page, on this computer only unless told otherwise. Imports from all other folders.

``work`` and ``mirror`` run in processes of their own and are the only parts that open a clip or a frame; ``sandbox`` is how such a
process is confined, and ``jobs`` and ``live`` drive them. ``store`` keeps rows and files in a ``database``. ``security`` stands before
every request; ``api``, ``results`` and ``pages`` answer, with what ``deps`` finds, in the ``schemas`` that OpenAPI describes; ``form``
and ``history`` are what two pages need worked out. ``app`` puts it all together.
"""

"""The coach's page: a local web server for uploading, looking, discussing and sending.

``work`` and ``mirror`` run in processes of their own and are the only parts that open a clip or a frame; ``jobs`` and ``live`` drive them.
``store`` keeps rows and files in a ``database``. ``security`` stands before every request; ``api``, ``results`` and ``pages`` answer, with
what ``asking`` finds, in the ``shapes`` that OpenAPI describes; ``form`` and ``progress`` are what two pages need worked out. ``app`` puts
it all together.
"""

"""The coach's page: a local web server for uploading, looking, discussing and sending.

``work`` runs in processes of its own and is the only part that opens a clip; ``store`` keeps rows and files; ``jobs`` drives the
processes; ``security`` stands before every request; ``api`` and ``pages`` answer; ``app`` puts them together.
"""
